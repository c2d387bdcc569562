"""The cards of a file as they will be stored."""
