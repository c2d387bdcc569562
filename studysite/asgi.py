"""The application, where ASGI servers look for it."""

from studysite.server.application import application

__all__ = ["application"]
