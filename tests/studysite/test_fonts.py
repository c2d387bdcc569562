"""The parts of the maths font: made once, complete, and found among the static files."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont
from pytest_django.fixtures import Settings

from studysite.server import fonts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the finished fonts; making them takes seconds."""
    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setattr(fonts.settings, "DATA_DIR", tmp_path_factory.mktemp("data"))
        return fonts.ensure_fonts()


def font(root: Path, part: str) -> TTFont:
    return TTFont(root / fonts.font_of(part))


def ranges_of(part: str) -> set[int]:
    """The code points for which the style sheet names a part, also those that a later rule names again."""
    rule = next(rule for rule in fonts.faces().split("@font-face") if fonts.font_of(part) in rule)
    listed = re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", rule)
    return {point for low, high in listed for point in range(int(low, 16), int(high or low, 16) + 1)}


def test_everything_that_grows_is_in_the_part_with_the_space(root: Path) -> None:
    whole = TTFont(fonts.source_path())
    variants = whole["MATH"].table.MathVariants
    names = {glyph: code_point for code_point, glyph in whole.getBestCmap().items()}
    glyphs = {*variants.VertGlyphCoverage.glyphs, *variants.HorizGlyphCoverage.glyphs}
    growing = {names[glyph] for glyph in glyphs if glyph in names} & frozenset().union(*fonts.PARTS.values())
    assert {ord(" "), ord("("), ord("√"), ord("∑")} <= growing | {ord(" ")} <= fonts.BASIC
    basic = font(root, "basic")
    kept = basic["MATH"].table.MathVariants
    grown = {*kept.VertGlyphCoverage.glyphs, *kept.HorizGlyphCoverage.glyphs}
    assert growing <= {code_point for code_point, glyph in basic.getBestCmap().items() if glyph in grown}


@pytest.mark.parametrize("part", fonts.PARTS)
def test_part_has_the_measures_of_formulas_and_its_letters(root: Path, part: str) -> None:
    made = font(root, part)
    assert made["MATH"].table.MathConstants
    there = TTFont(fonts.source_path()).getBestCmap().keys()
    assert fonts.PARTS[part] & there <= made.getBestCmap().keys()
    assert fonts.PARTS[part] <= ranges_of(part)
    assert "Open Font License" in made["name"].getDebugName(13)


def test_no_code_point_is_in_two_parts() -> None:
    assert sum(map(len, fonts.PARTS.values())) == len(frozenset().union(*fonts.PARTS.values()))


def test_rule_goes_over_no_letter_of_another_part_but_the_last() -> None:
    for part, code_points in fonts.PARTS.items():
        others = frozenset().union(*fonts.PARTS.values()) - code_points - fonts.BASIC
        assert not ranges_of(part) & others
    assert list(fonts.PARTS)[-1] == "basic"


def test_script_forms_are_kept_for_signs_and_italic_letters(root: Path) -> None:
    basic = font(root, "basic")
    features = basic["GSUB"].table.FeatureList.FeatureRecord
    assert "ssty" in {record.FeatureTag for record in features}
    forms: dict[str, list[str]] = {}
    for lookup in basic["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            forms |= getattr(table, "alternates", {})
    names = basic.getBestCmap()
    assert names[0x1D465] in forms
    assert names[ord("2")] in forms
    assert names[ord("x")] not in forms


def test_a_page_with_common_formulas_loads_less_than_60_kb(root: Path) -> None:
    sizes = {part: (root / fonts.font_of(part)).stat().st_size for part in fonts.PARTS}
    assert sizes["basic"] < 60_000
    assert all(size < 50_000 for part, size in sizes.items() if part != "basic")
    assert "The STIX Fonts Project Authors" in (root / fonts.LICENSE).read_text(encoding="utf-8")


def test_finished_font_is_reused(root: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = root.parent.parent
    monkeypatch.setattr(fonts, "make_subset", lambda source, target, code_points: pytest.fail("made again"))
    assert fonts.ensure_fonts() == root


def test_changed_recipe_makes_other_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = fonts.source_path()
    before = fonts.recipe_digest(source)
    changed = tmp_path / "fonts.py"
    changed.write_text(Path(fonts.__file__).read_text("utf-8").replace("ssty", "xxxx"), "utf-8")
    monkeypatch.setattr(fonts, "__file__", str(changed))
    assert fonts.recipe_digest(source) != before


def test_interrupted_build_leaves_nothing_behind(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(fonts, "license_note", lambda source: 1 / 0)
    monkeypatch.setattr(fonts, "make_subset", lambda source, target, code_points: target.write_bytes(b"half"))
    with pytest.raises(ZeroDivisionError):
        fonts.ensure_fonts()
    assert list((tmp_path / "cache").iterdir()) == []


def test_simultaneous_builds_make_one_font(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(fonts, "make_subset", lambda source, target, code_points: target.write_bytes(b"font"))

    def meanwhile_another(source: Path) -> str:
        monkeypatch.setattr(fonts, "license_note", lambda source: "note")
        fonts.ensure_fonts()
        return "note"

    monkeypatch.setattr(fonts, "license_note", meanwhile_another)
    assert (fonts.ensure_fonts() / fonts.font_of("basic")).read_bytes() == b"font"
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.fixture
def fonts_in_place(root: Path, settings: Settings) -> None:
    settings.DATA_DIR = root.parent.parent
    finders.get_finder.cache_clear()


@pytest.mark.usefixtures("fonts_in_place")
def test_finder_offers_only_fonts_styles_and_licence() -> None:
    assert Path(finders.find(fonts.font_of("greek"))).read_bytes()[:4] == b"wOF2"
    assert finders.find(fonts.STYLES)
    assert finders.find(fonts.LICENSE)
    finder = fonts.MathsFontFinder()
    assert finder.find("fonts/other.woff2") == "" == finder.find("../secret_key")
    assert finder.find("css/base.css", find_all=True) == []
