"""Starts the server, and adapts Django to it (docs/server.md)."""
