"""What the docs name exists: files, modules, functions, tests, commands, headings."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(settings.BASE_DIR)
DOCS = ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
PLACES = ("", "cards", "cards/importing", "sessions_app", "studysite", "templates")
"""Folders whose files the docs name without the folder."""
PROPOSED = {"sessions_app/classes/"}
"""A package that docs/architecture.md suggests for later."""
PATH = re.compile(r"`((?:\w+/)+(?:\w+\.py|\w+\.html|\w+\.css|\w+\.js|[\w-]+\.sh)?)`")
DOTTED = re.compile(r"`((?:cards|sessions_app|studysite|tests)(?:\.[A-Za-z_]\w*)+)`")
OUTSIDE = {"var/", "records/", "images/", "cards.jsonl", "studysite.sqlite3", "css/site.css", "js/site.js"}
"""Folders and files of DATA_DIR and of an archive."""


def exists(name: str) -> bool:
    """Whether a dotted name is a module or package, or a name in one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        module = ROOT.joinpath(*parts[:count])
        source = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
        if source.exists():
            return all(re.search(rf"\b{part}\b", source.read_text()) for part in parts[count:])
    return False


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("doc", DOCS)
def test_named_files_and_code_exist(doc: str) -> None:
    text = (ROOT / doc).read_text()
    paths = set(PATH.findall(text)) - PROPOSED - OUTSIDE
    missing = {path for path in paths if not any((ROOT / place / path).exists() for place in PLACES)}
    missing |= {name for name in set(DOTTED.findall(text)) - OUTSIDE if not exists(name)}
    assert not missing


@pytest.mark.parametrize("doc", DOCS)
def test_named_commands_exist(doc: str) -> None:
    text = (ROOT / doc).read_text()
    targets = set(re.findall(r"^([a-z][\w -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    targets = {name for line in targets for name in line.split()}
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())
    assert set(re.findall(r"(?:`|^ {4})make ([a-z-]+)", text, re.MULTILINE)) <= targets
    modules = re.findall(r"python -m ((?:tests|studysite)[\w.]+)", text)
    assert not [module for module in modules if not exists(module)]


@pytest.mark.parametrize("doc", DOCS)
def test_links_lead_to_files_and_headings(doc: str) -> None:
    for link in re.findall(r"\]\((?!http)([^)]+)\)", (ROOT / doc).read_text()):
        file, _, heading = link.partition("#")
        target = (ROOT / doc).parent / file if file else ROOT / doc
        assert target.exists(), link
        assert not heading or heading in anchors(target), link


def test_named_tests_exist() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    for doc in DOCS:
        names = re.findall(r"`(test_\w+)`", (ROOT / doc).read_text())
        assert not [name for name in names if f"def {name}(" not in source], doc
