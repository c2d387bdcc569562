"""The time zones that a person may choose from."""

import functools
import itertools
import zoneinfo

# Neither is a place: one is a placeholder, the other means whatever this machine is set to.
_NO_ZONES = {"Factory", "localtime"}

Choices = list[tuple[str, list[tuple[str, str]]]]


@functools.cache
def time_zone_names() -> frozenset[str]:
    """Every IANA name that this machine knows; asking the file system takes tens of milliseconds."""
    return frozenset(zoneinfo.available_timezones() - _NO_ZONES)


@functools.cache
def time_zone_choices() -> Choices:
    """Names for a ``<select>``: a group for each continent or ocean, what belongs to none at the end."""
    names = sorted(time_zone_names(), key=lambda name: ("/" not in name, name))
    groups = itertools.groupby(names, key=lambda name: name.split("/")[0] if "/" in name else "Other")
    return [(group, [(name, _label(name)) for name in members]) for group, members in groups]


def time_zone_or_utc(value: object) -> str:
    """``value`` where it is a known time zone, else "UTC": what a browser says about itself is a hint."""
    return value if isinstance(value, str) and value in time_zone_names() else "UTC"


def _label(name: str) -> str:
    """America/Argentina/Buenos_Aires -> Argentina / Buenos Aires: the group says the rest."""
    return " / ".join(name.split("/")[1:] or [name]).replace("_", " ")
