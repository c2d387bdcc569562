"""The site's own archive of a deck: a zip of JSON and images, described in docs/formats.md. Pure.

Reading an archive returns what was written. Cards and records are one JSON object per line, so that neither has to
fit into memory.
"""

from cards.formats.archive.reading import read_archive
from cards.formats.archive.writing import write_archive

__all__ = ["read_archive", "write_archive"]
