"""The font that formulas are set in, made of an installed package's font when static files are collected.

Browsers draw fractions, roots and growing brackets with the measures in a font's MATH table, and few machines
have a font with one. STIX Two Math comes with the package ziamath (which is used for nothing else); the subset
that formulas can need is a fifth of it.
"""

import hashlib
import importlib.metadata
import logging
import tempfile
from collections.abc import Iterator
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from fontTools import subset
from fontTools.ttLib import TTFont

FONT = "fonts/stix-two-math.woff2"
LICENSE = "fonts/stix-two-math-LICENSE.txt"

CODE_POINTS = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),  # Latin
    *range(0x300, 0x370),  # combining marks
    *range(0x370, 0x400),  # Greek
    *range(0x2000, 0x20A0),  # punctuation, superscripts and subscripts
    *range(0x20D0, 0x2100),  # marks for symbols
    *range(0x2100, 0x2190),  # letterlike symbols, number forms
    *range(0x2190, 0x2400),  # arrows, operators, technical symbols
    *range(0x25A0, 0x2600),  # shapes
    *range(0x2660, 0x2670),  # suits, flat, natural, sharp
    *range(0x27C0, 0x2800),  # more operators, brackets and arrows
    *range(0x2A00, 0x2A10),  # sums and integrals that are set large
    *(0x2A3F, 0x2A7D, 0x2A7E, 0x2AAF, 0x2AB0),  # coproduct, slanted and curly order
    *range(0xFE00, 0xFE02),  # variation selectors: round script against calligraphic
    *range(0x1D400, 0x1D800),  # mathematical alphabets
)
# Script-size, dotless and flattened forms, which browsers ask for inside formulas.
FEATURES = ("ccmp", "dtls", "flac", "locl", "ssty")


def source_path() -> Path:
    """Where ziamath keeps the font; found without importing ziamath, which takes longer than reading the font."""
    spec = find_spec("ziamath")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package ziamath, which brings the maths font, is not installed")
    return Path(spec.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"


def recipe_digest(source: Path) -> str:
    """A digest that identifies a subset: its source font and the recipe."""
    digest = hashlib.sha256(source.read_bytes())
    digest.update(repr((CODE_POINTS, FEATURES, importlib.metadata.version("fonttools"))).encode())
    return digest.hexdigest()[:16]


def make_subset(source: Path, target: Path) -> None:
    """Write the WOFF2 subset of ``source`` to ``target``; the MATH table and what it needs stay in it."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    options = subset.Options(
        flavor="woff2", layout_features=list(FEATURES), hinting=False, notdef_outline=True
    )
    # The copyright and licence notes stay inside the font: the OFL lets a subset carry them there.
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    with subset.load_font(str(source), options) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=CODE_POINTS)
        subsetter.subset(font)
        subset.save_font(font, str(target), options)


def license_note(source: Path) -> str:
    """The font's copyright and licence notes."""
    with TTFont(source, lazy=True) as font:
        names = [font["name"].getDebugName(name_id) for name_id in (4, 0, 7, 13)]
    return "\n\n".join([*names, "This is a subset of the font, made for web pages."]) + "\n"


def ensure_fonts() -> Path:
    """The directory with `FONT` and `LICENSE`, which is made if this font and recipe have none yet.

    Raises OSError where ``DATA_DIR`` cannot be written.
    """
    source = source_path()
    root = Path(settings.DATA_DIR) / "cache" / f"maths-font-{recipe_digest(source)}"
    if root.exists():
        return root
    root.parent.mkdir(parents=True, exist_ok=True)
    # Atomically: two processes may start at once, and either may be stopped at any time.
    with tempfile.TemporaryDirectory(dir=root.parent) as temporary:
        made = Path(temporary) / root.name
        (made / FONT).parent.mkdir(parents=True)
        make_subset(source, made / FONT)
        (made / LICENSE).write_text(license_note(source), encoding="utf-8")
        try:
            made.rename(root)
        except OSError:
            if not root.exists():
                raise
    return root


class MathsFontFinder(BaseFinder):
    """Offers the maths font and its licence note among the static files."""

    @cached_property
    def storage(self) -> FileSystemStorage:
        return FileSystemStorage(location=ensure_fonts())

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The absolute path of ``path`` if it is one of our files; as a list for ``find_all``."""
        found = [self.storage.path(path)] if path in (FONT, LICENSE) else []
        return found if find_all else "".join(found)

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        for path in (FONT, LICENSE):
            yield path, self.storage
