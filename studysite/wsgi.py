"""The WSGI application that the server runs."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studysite.settings")


class Request(WSGIRequest):
    """Reads what is sent as UTF-8, as browsers send it from this site's pages, whatever charset is claimed.

    Django takes every codec of Python's, and some are none for text (base64): their errors come before any
    middleware could answer them.
    """

    @property
    def encoding(self) -> None:
        return None

    @encoding.setter
    def encoding(self, charset: str | None) -> None:
        pass


class Application(WSGIHandler):
    request_class = Request


django.setup(set_prefix=False)
application = Application()
