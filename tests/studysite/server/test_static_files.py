"""The joined style sheet and script: complete, in order, the same as their sources, and linked by pages."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.template import Context, Template
from pytest_django.fixtures import Settings

from studysite.server import fonts, static_files
from studysite.server.static_files import JOINED, SCRIPTS, STYLES, join_scripts, join_styles

STATIC = Path(settings.BASE_DIR) / "static"
OURS = [name for name in JOINED[SCRIPTS] if name.startswith("js/")]


def rendered() -> str:
    return Template("{% load static_files %}{% site_styles %}{% site_scripts %}").render(Context())


def selectors(styles: str) -> list[str]:
    """What stands before each bracket, without spaces."""
    return [re.sub(r"\s", "", before) for before in re.findall(r"[^{};]+(?=\{)", styles)]


@pytest.fixture
def collected(settings: Settings, tmp_path: Path) -> Path:
    """The directory of the collected static files, with other fonts: making the real ones takes seconds."""
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    made = tmp_path / "cache" / f"maths-fonts-{fonts.recipe_digest(fonts.source_path())}"
    for path in fonts.PATHS:
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(fonts.faces() if path == fonts.STYLES else path)
    finders.get_finder.cache_clear()
    storage = {"BACKEND": "studysite.server.static_files.JoiningStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}
    # The admin's files take most of the time.
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin", "account"])
    return tmp_path / "static"


def test_comments_and_spaces_without_meaning_are_left_out() -> None:
    sources = ["/* one */\na {\n  color: red;\n}\n", 'b > c :is(d, e) { content: "/* ; } \\" */ "; }']
    assert join_styles(sources) == 'a{color: red;}b > c :is(d,e){content: "/* ; } \\" */ ";}\n'


def test_comments_of_scripts_are_left_out_and_statements_end() -> None:
    sources = ['var a = "//"\n', "// one\n(() => {\n  // two\n  b(); // three\n})();\n"]
    assert join_scripts(sources) == 'var a = "//"\n;\n(() => {\nb(); // three\n})();\n'


@pytest.mark.parametrize("name", OURS)
def test_no_script_has_a_text_or_comment_of_several_lines(name: str) -> None:
    """`join_scripts` would change such a text."""
    lines = (STATIC / name).read_text("utf-8").split("\n")
    assert not any(line.count("`") % 2 or "/*" in line for line in lines)


def test_every_style_sheet_of_the_site_is_joined_or_linked_by_a_page() -> None:
    ours = {f"css/{path.name}" for path in (STATIC / "css").glob("*.css")}
    pages = "".join(path.read_text("utf-8") for path in (STATIC.parent / "templates").rglob("*.html"))
    linked = set(re.findall(r"'(css/[\w-]+\.css)'", pages))
    assert {*JOINED[STYLES], *linked, "css/admin.css"} == ours | {fonts.STYLES}


def test_every_script_is_joined_or_linked_by_a_page() -> None:
    pages = "".join(
        path.read_text("utf-8") for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html")
    )
    linked = set(re.findall(r"'(js/[\w-]+\.js)'", pages))
    joined = set(OURS)
    assert linked | joined == {f"js/{path.name}" for path in (STATIC / "js").glob("*.js")}
    assert not linked & joined


def test_sources_are_linked_one_by_one_where_files_are_not_joined() -> None:
    assert re.findall(r'(?:href|src)="/static/([^"]+)"', rendered()) == [*JOINED[STYLES], *JOINED[SCRIPTS]]


def test_joined_files_lie_beside_their_sources() -> None:
    """So that addresses in a style sheet mean the same in both."""
    assert {Path(name).parent for name in JOINED[STYLES]} == {Path(STYLES).parent}


@pytest.mark.slow
def test_collected_files_are_joined_compressed_and_linked(collected: Path) -> None:
    (styles,) = (collected / "css").glob("site.*.css")
    (script,) = (collected / "js").glob("site.*.js")
    assert f'href="/static/css/{styles.name}"' in rendered()
    assert f'src="/static/js/{script.name}" defer' in rendered()
    text = styles.read_text("utf-8")
    for part in fonts.PARTS:
        (font,) = (collected / "fonts").glob(f"stix-two-math-{part}.*.woff2")
        assert f'url("../fonts/{font.name}")' in text
    # Every rule, in the order of the sources.
    sources = "\n".join(Path(finders.find(source)).read_text("utf-8") for source in JOINED[STYLES])
    assert selectors(text) == selectors(re.sub(r"/\*.*?\*/", "", sources, flags=re.DOTALL))
    assert script.read_text("utf-8").startswith("var htmx=")
    assert gzip.decompress(Path(f"{script}.gz").read_bytes()) == script.read_bytes()
    assert Path(f"{styles}.br").exists()


def test_storage_of_collected_files_joins() -> None:
    assert static_files.JoiningStorage.joins
    assert not getattr(staticfiles_storage, "joins", False)
