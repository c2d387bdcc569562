"""The maths font: made once, complete, and found among the static files."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from fontTools.ttLib import TTFont
from pytest_django.fixtures import Settings

from studysite.server import fonts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the finished font; making it takes seconds."""
    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setattr(fonts.settings, "DATA_DIR", tmp_path_factory.mktemp("data"))
        return fonts.ensure_fonts()


def test_subset_keeps_what_formulas_need(root: Path) -> None:
    font = TTFont(root / fonts.FONT)
    variants = font["MATH"].table.MathVariants
    assert "parenleft" in variants.VertGlyphCoverage.glyphs
    assert {ord(character) for character in "∑∫√λ∂×≤𝑥ℝ→"} <= font.getBestCmap().keys()
    assert "ssty" in {record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord}


def test_subset_is_small_and_names_its_licence(root: Path) -> None:
    assert (root / fonts.FONT).stat().st_size < 300_000
    assert "Open Font License" in TTFont(root / fonts.FONT)["name"].getDebugName(13)
    assert "The STIX Fonts Project Authors" in (root / fonts.LICENSE).read_text(encoding="utf-8")


def test_finished_font_is_reused(root: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = root.parent.parent
    monkeypatch.setattr(fonts, "make_subset", lambda source, target: pytest.fail("made again"))
    assert fonts.ensure_fonts() == root


def test_changed_recipe_makes_another_font(monkeypatch: pytest.MonkeyPatch) -> None:
    source = fonts.source_path()
    before = fonts.recipe_digest(source)
    monkeypatch.setattr(fonts, "FEATURES", ("ssty",))
    assert fonts.recipe_digest(source) != before


def test_interrupted_build_leaves_nothing_behind(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(fonts, "license_note", lambda source: 1 / 0)
    monkeypatch.setattr(fonts, "make_subset", lambda source, target: target.write_bytes(b"half"))
    with pytest.raises(ZeroDivisionError):
        fonts.ensure_fonts()
    assert list((tmp_path / "cache").iterdir()) == []


def test_simultaneous_builds_make_one_font(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(fonts, "make_subset", lambda source, target: target.write_bytes(b"font"))

    def meanwhile_another(source: Path) -> str:
        monkeypatch.setattr(fonts, "license_note", lambda source: "note")
        fonts.ensure_fonts()
        return "note"

    monkeypatch.setattr(fonts, "license_note", meanwhile_another)
    assert (fonts.ensure_fonts() / fonts.FONT).read_bytes() == b"font"
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.fixture
def fonts_in_place(root: Path, settings: Settings) -> None:
    settings.DATA_DIR = root.parent.parent
    finders.get_finder.cache_clear()


@pytest.mark.usefixtures("fonts_in_place")
def test_finder_offers_only_font_and_licence() -> None:
    assert Path(finders.find(fonts.FONT)).read_bytes()[:4] == b"wOF2"
    assert finders.find(fonts.LICENSE)
    finder = fonts.MathsFontFinder()
    assert finder.find("fonts/other.woff2") == "" == finder.find("../secret_key")
    assert finder.find("css/base.css", find_all=True) == []


@pytest.mark.usefixtures("fonts_in_place")
def test_collected_styles_name_the_hashed_font(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    font = next((tmp_path / "static" / "fonts").glob("stix-two-math.*.woff2"))
    styles = next((tmp_path / "static" / "css").glob("maths.*.css"))
    assert font.name in styles.read_text(encoding="utf-8")
