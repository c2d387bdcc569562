"""What importing a file would do."""
