"""Log filters: each line gets the request's id, and secret keys in addresses are masked.

Anyone who knows the address of an invitation, of a link to set a password, of an import or of a shared test can
use it, so it must not be in a log. Only parts of a path that are known to be public are shown: the fixed words of
the site's addresses, numbers, and the arguments in PUBLIC_ARGUMENTS. So a new kind of key is masked by default.
"""

import logging
import re
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cache
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import ResolverMatch, URLResolver, get_resolver, get_urlconf, resolve

from studysite.numbers import whole_number

PUBLIC_ARGUMENTS = {"slug", "mode", "name", "app_label"}
"""Arguments of routes whose values are shown: a deck's address, a mode, a kind of file, an app of the admin."""

LOGGERS_OF_PATHS = ("django.request", "django.security", "django.server")
"""Django's loggers that write the paths of requests, and of the pages they come from, into their messages."""

ADDRESS = re.compile(r"""(?:(https?://[^\s/?#'"<>]*)|(?<!\w))(/[^\s?#'"<>]*)([?#][^\s'"<>]*)?""")
LITERAL = re.compile(r"[A-Za-z0-9_.-]+")
LARGEST_NUMBER = 10**18 - 1
"""The largest number in a path that is shown."""

SHORTEST_KEY = 4
"""Shorter parts of a path are not masked in other texts, where they may be ordinary words: keys are longer."""

current_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


def request_of(record: logging.LogRecord) -> HttpRequest | None:
    """The request of a log record: its own, or the one that this thread is answering."""
    named = getattr(record, "request", None)
    return named if isinstance(named, HttpRequest) else current_request.get()


class RequestIdFilter(logging.Filter):
    """Adds the request's id to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = getattr(request_of(record), "request_id", "-")
        return True


class KeyFilter(logging.Filter):
    """Masks keys in every record, from any logger: in its message, its traceback and its stack."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = request_of(record)
        record.msg, record.args = self.masked_message(record, request), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if request is not None:
            record.exc_text = record.exc_text and without_keys(record.exc_text, request)
            record.stack_info = record.stack_info and without_keys(record.stack_info, request)
        return True

    def masked_message(self, record: logging.LogRecord, request: HttpRequest | None) -> str:
        message = record.getMessage()
        if record.name.startswith(LOGGERS_OF_PATHS):
            message = ADDRESS.sub(masked_address, message)
        return without_keys(message, request) if request else message


def masked_address(found: re.Match[str]) -> str:
    """An address in a message, without its keys and without its query, which may contain what people typed."""
    site, path, query = found.groups()
    return f"{site or ''}{masked_path(unquote(path))}{query[0] + '…' if query else ''}"


def masked_path(path: str, match: ResolverMatch | None = None) -> str:
    """The path in one line; a part that is not known to be public is replaced, as in ``/import/<token>/``.

    ``match`` is the route of the path if it was found already: looking for it takes most of the time.
    """
    return "/".join(shown for _, shown in parts_of(path, match)).encode("unicode_escape").decode()


def parts_of(path: str, match: ResolverMatch | None = None) -> Iterator[tuple[str, str]]:
    """Each part of the path between slashes, with the text to show for it."""
    if path.startswith(settings.STATIC_URL):
        yield path, path
        return
    arguments = texts_of(match) if match else arguments_of(path)
    public = {value for name, value in arguments.items() if name in PUBLIC_ARGUMENTS}
    for part in path.split("/"):
        if not part or part in words() or part in public or is_number(part):
            yield part, part
        else:
            names = [name for name, value in arguments.items() if value and value in part]
            yield part, f"<{'-'.join(names) or 'unknown'}>"


def arguments_of(path: str) -> dict[str, str]:
    """The arguments of the path's route, by name; none if there is no route."""
    for whole in (path, f"{path}/"):
        try:
            return texts_of(resolve(whole))
        except Http404:
            # No such route, or a number that is too large for a key.
            continue
    return {}


def texts_of(match: ResolverMatch) -> dict[str, str]:
    return {name: str(value) for name, value in match.kwargs.items()}


def is_number(part: str) -> bool:
    return whole_number(part, most=LARGEST_NUMBER) is not None


def words() -> frozenset[str]:
    """All fixed parts of the site's addresses."""
    return words_of(get_urlconf() or settings.ROOT_URLCONF)


@cache
def words_of(urlconf: str) -> frozenset[str]:
    return frozenset(literals(get_resolver(urlconf)))


def literals(resolver: URLResolver) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        # Also for regular expressions: without their anchors; parts that are not plain words are ignored.
        yield from filter(LITERAL.fullmatch, str(pattern.pattern).strip("^$\\Z").split("/"))
        if isinstance(pattern, URLResolver):
            yield from literals(pattern)


def without_keys(text: str, request: HttpRequest) -> str:
    """``text`` without the keys in the addresses of the request, of its referring page and of its next page."""
    for key in sorted(keys_of(request), key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(key)}(?![\w-])", "<key>", text)
    return text


def keys_of(request: HttpRequest) -> set[str]:
    """The parts that `masked_path` masks, plain and percent-encoded."""
    pages = {request.path, urlsplit_path(request.META.get("HTTP_REFERER", ""))}
    pages |= {value for value in map(str, request.GET.values()) if value.startswith("/")}
    routes = {request.path: request.resolver_match}
    paths = ((path, routes.get(path)) for path in map(unquote, pages))
    parts = {part for path, match in paths for part, shown in parts_of(path, match) if part != shown}
    return {form for part in parts if len(part) >= SHORTEST_KEY for form in (part, quote(part))}


def urlsplit_path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""
