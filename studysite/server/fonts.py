"""The font that formulas are set in, made of an installed package's font when static files are collected.

Browsers draw fractions, roots and growing brackets with the measures in a font's MATH table, and few machines
have a font with one. STIX Two Math comes with the package ziamath (which is used for nothing else). What formulas
can need of it is 230 kB, so it is cut into parts. A browser loads the parts that have a letter of the page.
"""

import hashlib
import importlib.metadata
import logging
import tempfile
from collections.abc import Container, Iterable, Iterator
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from fontTools import subset
from fontTools.ttLib import TTFont

STYLES = "css/maths-font.css"
LICENSE = "fonts/stix-two-math-LICENSE.txt"

# Chromium takes the measures of a formula, and everything that grows, only from the part that has the space. So
# this part has everything that grows. Chromium asks for an italic letter as the upright one first, so both are in
# one part. (Version 156; tests/browser/test_formulas.py compares the parts with the whole font.)
BASIC = frozenset(
    (
        *range(0x20, 0x7F),
        *map(ord, "\xa0¨¬¯°±´·×÷ı"),
        # Accents; the stroke of "not".
        *(0x302, 0x303, 0x304, 0x305, 0x307, 0x308, 0x30C, 0x330, 0x332, 0x338),
        *(0x2002, 0x2003, 0x2009, 0x200A, 0x2061, 0x2062, 0x2063, 0x2064),  # spaces, and invisible operators
        *(0x2016, 0x2026, 0x2032, 0x2033, 0x2034, 0x203E),  # double bar, dots, primes, overline
        # Arrows over and under letters.
        *(0x20D0, 0x20D1, 0x20D6, 0x20D7, 0x20E1, 0x20EC, 0x20ED, 0x20EE, 0x20EF),
        *map(ord, "ℂℎℏℓℕℚℝℤ"),
        *map(ord, "←↑→↓↔↕↤↦↩↪↼↽⇀⇁⇐⇑⇒⇓⇔⇕⇚⇛⟰⟱"),
        *map(ord, "∀∂∃∄∅∆∇∈∉∋∏∐∑−∓∖∗∘∙√∛∜∝∞∠∣∥∧∨∩∪∫∬∭∮∯∰∱∲∳∴∼≃≅≈≠≡≤≥≪≫⊂⊃⊆⊇⊕⊗⊙⊤⊥⋀⋁⋂⋃⋅⋮⋯⋱⅀"),
        *map(ord, "⌈⌉⌊⌋⎰⎱⎴⎵⏜⏝⏞⏟⏠⏡⟦⟧⟨⟩⟪⟫"),
        *range(0x2A00, 0x2A10),  # sums and integrals that are set large
        *range(0x1D434, 0x1D468),  # italic letters, as most letters of a formula are
        *(0x1D6A4, 0x1D6A5),  # without dots, below accents
        *(*range(0x3B1, 0x3CA), *range(0x1D6FC, 0x1D71C), *map(ord, "ϑϕϖϰϱϵ")),  # small Greek letters
    )
)
SCRIPT = frozenset((*range(0x1D49C, 0x1D504), *map(ord, "ℊℋℐℒℛℬℯℰℱℳℴ")))
FRAKTUR = frozenset((*range(0x1D504, 0x1D5A0), *map(ord, "ℌℑℜℨℭ")))
PARTS = {
    "symbols": frozenset(
        (
            *range(0x2000, 0x20A0),  # punctuation, superscripts and subscripts
            *range(0x20D0, 0x2100),  # marks for symbols
            *range(0x2100, 0x2190),  # letterlike symbols, number forms
            *range(0x2190, 0x2400),  # arrows, operators, technical symbols
            *range(0x25A0, 0x2600),  # shapes
            *range(0x2660, 0x2670),  # suits, flat, natural, sharp
            *range(0x27C0, 0x2800),  # more operators, brackets and arrows
            *(0x2A3F, 0x2A7D, 0x2A7E, 0x2AAF, 0x2AB0),  # coproduct, slanted and curly order
        )
    )
    - BASIC
    - SCRIPT
    - FRAKTUR,
    "latin": frozenset((*range(0xA0, 0x180), *range(0x300, 0x370))) - BASIC,
    "greek": frozenset((*range(0x370, 0x400), *range(0x1D6E2, 0x1D6FC))) - BASIC,
    "bold": frozenset(
        (
            *range(0x1D400, 0x1D434),
            *range(0x1D468, 0x1D49C),
            *range(0x1D6A8, 0x1D6E2),
            *range(0x1D71C, 0x1D756),
            *range(0x1D7CA, 0x1D7D8),
        )
    ),
    "script": SCRIPT,
    # And double-struck.
    "fraktur": FRAKTUR,
    "sans": frozenset((*range(0x1D5A0, 0x1D6A4), *range(0x1D756, 0x1D7CA), *range(0x1D7D8, 0x1D800))),
    "basic": BASIC,
}
"""The code points of each part, in the order of their CSS rules. No code point is in two parts."""
# Each part needs them to know its variants of symbols, such as the narrow empty set. STIX has none with U+FE01.
SELECTORS = frozenset((0xFE00, 0xFE01))
# Each part has these letters too, though its CSS rule does not name them. On Linux, FreeType aligns all letters
# of a font to the heights of a few; without these, the letters of two parts differ by a pixel.
ALIGNING = frozenset(map(ord, "HOxopdhΓΘΟβθδαιογμη"))
# Script-size, dotless and flattened forms, which browsers ask for inside formulas.
FEATURES = ("ccmp", "dtls", "flac", "locl", "ssty")
# Letters whose forms for subscripts are left out.
UPRIGHT = frozenset((*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0x370, 0x400)))

FACE = """\
@font-face {{
  font-family: "Studysite Maths";
  src: local("STIX Two Math"), local("STIXTwoMath-Regular"), url("../{file}") format("woff2");
  font-display: swap;
  unicode-range: {ranges};
}}
"""


def source_path() -> Path:
    """Where ziamath keeps the font; found without importing ziamath, which takes longer than reading the font."""
    spec = find_spec("ziamath")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package ziamath, which brings the maths font, is not installed")
    return Path(spec.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"


def recipe_digest(source: Path) -> str:
    """A digest that identifies a subset: its source font and the recipe."""
    digest = hashlib.sha256(source.read_bytes())
    digest.update(Path(__file__).read_bytes() + importlib.metadata.version("fonttools").encode())
    return digest.hexdigest()[:16]


def make_subset(source: Path, target: Path, code_points: Iterable[int]) -> None:
    """Write a WOFF2 subset of ``source`` to ``target``; the MATH table and what it needs stay in it."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    options = subset.Options(
        flavor="woff2", layout_features=list(FEATURES), hinting=False, notdef_outline=True
    )
    # The copyright and licence notes stay inside the font: the OFL lets a subset carry them there.
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    with subset.load_font(str(source), options) as font:
        reduce_script_forms(font)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=frozenset(code_points) | SELECTORS | ALIGNING)
        subsetter.subset(font)
        subset.save_font(font, str(target), options)


def reduce_script_forms(font: TTFont) -> None:
    """Keep no forms of upright letters for subscripts, and one form of other signs for subscripts at any depth.

    Nearly half of the bytes are such forms, and of the browsers only Firefox uses them.
    """
    upright = {glyph for code_point, glyph in font.getBestCmap().items() if code_point in UPRIGHT}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            if forms := getattr(table, "alternates", None):
                table.alternates = {
                    glyph: alternates[:1] * len(alternates)
                    for glyph, alternates in forms.items()
                    if glyph not in upright
                }


def font_of(part: str) -> str:
    """The path of a part's font among the static files."""
    return f"fonts/stix-two-math-{part}.woff2"


def faces() -> str:
    """The CSS rules that let browsers load a part when a page has one of its code points.

    Of two rules for a code point the later one holds, and that of `BASIC` is the last one. So the other ranges may
    go over its code points, which makes the rules shorter.
    """
    rules = []
    for part, code_points in PARTS.items():
        points = code_points | SELECTORS if part == "basic" else code_points
        rules.append(FACE.format(file=font_of(part), ranges=", ".join(ranges(points, over=BASIC))))
    return "".join(rules)


def ranges(code_points: Iterable[int], *, over: Container[int] = ()) -> Iterator[str]:
    """The code points as CSS writes them, such as U+3B1-3C9. A range goes ``over`` others between two of them."""
    points = sorted(code_points)
    first = points[0]
    for point, following in zip(points, [*points[1:], None], strict=True):
        if following and all(between in over for between in range(point + 1, following)):
            continue
        yield f"U+{first:X}" + (f"-{point:X}" if point > first else "")
        first = following or 0


def license_note(source: Path) -> str:
    """The font's copyright and licence notes."""
    with TTFont(source, lazy=True) as font:
        names = [font["name"].getDebugName(name_id) for name_id in (4, 0, 7, 13)]
    return "\n\n".join([*names, "This is a subset of the font, made for web pages."]) + "\n"


PATHS = (*map(font_of, PARTS), STYLES, LICENSE)


def ensure_fonts() -> Path:
    """The directory with the fonts, `STYLES` and `LICENSE`; made if this font and recipe have none yet.

    Raises OSError where ``DATA_DIR`` cannot be written.
    """
    source = source_path()
    root = Path(settings.DATA_DIR) / "cache" / f"maths-fonts-{recipe_digest(source)}"
    if root.exists():
        return root
    root.parent.mkdir(parents=True, exist_ok=True)
    # Atomically: two processes may start at once, and either may be stopped at any time.
    with tempfile.TemporaryDirectory(dir=root.parent) as temporary:
        made = Path(temporary) / root.name
        for path in PATHS:
            (made / path).parent.mkdir(parents=True, exist_ok=True)
        for part, code_points in PARTS.items():
            make_subset(source, made / font_of(part), code_points)
        (made / STYLES).write_text(faces(), encoding="utf-8")
        (made / LICENSE).write_text(license_note(source), encoding="utf-8")
        try:
            made.rename(root)
        except OSError:
            if not root.exists():
                raise
    return root


class MathsFontFinder(BaseFinder):
    """Offers the parts of the maths font, their styles and the licence note among the static files."""

    @cached_property
    def storage(self) -> FileSystemStorage:
        return FileSystemStorage(location=ensure_fonts())

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The absolute path of ``path`` if it is one of our files; as a list for ``find_all``."""
        found = [self.storage.path(path)] if path in PATHS else []
        return found if find_all else "".join(found)

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        for path in PATHS:
            yield path, self.storage
