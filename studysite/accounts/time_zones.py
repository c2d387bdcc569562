"""The time zones that people can choose."""

import functools
import itertools
import zoneinfo

# Not places: a placeholder, and the setting of this machine.
_NO_ZONES = {"Factory", "localtime"}

Choices = list[tuple[str, list[tuple[str, str]]]]


@functools.cache
def time_zone_names() -> frozenset[str]:
    """All IANA names that this machine knows; cached, because reading them takes tens of milliseconds."""
    return frozenset(zoneinfo.available_timezones() - _NO_ZONES)


@functools.cache
def time_zone_choices() -> Choices:
    """Names for a ``<select>``, in groups by continent or ocean; the others come last."""
    names = sorted(time_zone_names(), key=lambda name: ("/" not in name, name))
    groups = itertools.groupby(names, key=lambda name: name.split("/")[0] if "/" in name else "Other")
    return [(group, [(name, _label(name)) for name in members]) for group, members in groups]


def time_zone_or_utc(value: object) -> str:
    """``value`` if it is a known time zone, else "UTC"; for values that a browser sends."""
    return value if isinstance(value, str) and value in time_zone_names() else "UTC"


def _label(name: str) -> str:
    """America/Argentina/Buenos_Aires -> Argentina / Buenos Aires; the group shows the continent."""
    return " / ".join(name.split("/")[1:] or [name]).replace("_", " ")
