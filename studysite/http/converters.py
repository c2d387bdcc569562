"""Path converters for the addresses of every app."""

from django.http import Http404

from studysite.numbers import whole_number


class KeyConverter:
    """The primary key of a row, as ``<key:pk>``. A number that is too large for one is 404."""

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        key = whole_number(value)
        if key is None:
            # After a ValueError Django tries other patterns, and the admin's catch-all pattern would match.
            raise Http404("too large for a key")
        return key

    def to_url(self, value: int) -> str:
        return str(value)
