"""What learners see of their progress."""
