"""Where servers that speak ASGI look for the application."""

from studysite.server.application import application

__all__ = ["application"]
