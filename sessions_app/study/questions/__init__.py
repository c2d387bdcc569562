"""Making and grading one question."""
