"""What the engine makes questions from, read from the database."""
