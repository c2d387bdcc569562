"""How templates are read, and the tags that all of them have."""
