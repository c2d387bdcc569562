"""What the engine draws questions from, read from the database."""
