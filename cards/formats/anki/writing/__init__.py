"""Writing Anki packages. Pure."""
