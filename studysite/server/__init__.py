"""The bridge between granian's ASGI server and Django (docs/server.md)."""
