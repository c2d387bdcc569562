"""The application for `make dev` and for WSGI servers, without the adapter of studysite/server."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studysite.settings")
django.setup(set_prefix=False)

from studysite.http.requests import Utf8Request  # noqa: E402


class Request(Utf8Request, WSGIRequest):
    pass


class Application(WSGIHandler):
    request_class = Request


application = Application()
