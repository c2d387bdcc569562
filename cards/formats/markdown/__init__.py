"""What other programs write, as Markdown."""
