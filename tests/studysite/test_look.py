"""Rules for templates and style sheets: the Content-Security-Policy, and names that exist."""

import re
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template.loader import get_template

from studysite.server import fonts
from studysite.server.static_files import JOINED, STYLES

FOLDER = settings.BASE_DIR / "templates"
TEMPLATES = sorted(FOLDER.rglob("*.html"))
APPS = ("cards", "sessions_app", "studysite")
CODE = [path for app in APPS for path in (settings.BASE_DIR / app).rglob("*.py")]
QUOTED = re.compile(r'"((?:[\w-]+/)*\w+\.html)(?:#[\w-]+)?"')
NAMED = {name for path in TEMPLATES + CODE for name in QUOTED.findall(path.read_text("utf-8"))}
SHEETS = [settings.BASE_DIR / "static" / name for name in JOINED[STYLES] if name != fonts.STYLES]
INLINE = re.compile(r"<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|<script(?![^>]*\bsrc=)", re.IGNORECASE)
MARKUP_OF_ICON = re.compile(r'"_icon\.html" with name="([a-z-]+)"')


class ProfileForm(forms.Form):
    email = forms.EmailField(help_text="Nobody else sees it.")
    share = forms.BooleanField(label="Share progress")
    side = forms.ChoiceField(choices=[("term", "Term")], widget=forms.RadioSelect)
    place = forms.CharField(widget=forms.HiddenInput, required=False)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_template_has_nothing_inline(template: Path) -> None:
    assert not INLINE.search(template.read_text("utf-8"))


def test_every_named_template_exists() -> None:
    assert "404.html" in NAMED
    for name in sorted(NAMED):
        get_template(name)


def test_every_template_is_named_somewhere() -> None:
    """In full, in another template or in the code, because a search would not find a composed name."""
    ours = {str(path.relative_to(FOLDER)) for app in APPS for path in (FOLDER / app).rglob("*.html")}
    assert ours
    assert ours <= NAMED


def test_every_used_icon_is_drawn() -> None:
    drawn = set(
        re.findall(r'<symbol id="([a-z-]+)"', (settings.BASE_DIR / "static/img/icons.svg").read_text())
    )
    used = {name for path in TEMPLATES for name in MARKUP_OF_ICON.findall(path.read_text("utf-8"))}
    assert used <= drawn


def test_every_custom_property_is_defined() -> None:
    text = "".join(sheet.read_text("utf-8") for sheet in SHEETS)
    assert "--accent" in text
    assert set(re.findall(r"var\((--[a-z0-9-]+)", text)) <= set(re.findall(r"(--[a-z0-9-]+)\s*:", text))


def test_field_is_described_by_its_help_and_error() -> None:
    html = str(ProfileForm({"email": "ada"}))
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'id="id_email_helptext"' in html
    assert 'id="id_email_error"' in html
    assert '<label for="id_email">Email</label>' in html


def test_checkbox_comes_before_its_label() -> None:
    html = str(ProfileForm())
    assert html.index('name="share"') < html.index("Share progress")


def test_choices_are_a_group_with_a_legend() -> None:
    html = str(ProfileForm())
    assert "<fieldset" in html
    assert "<legend>Side</legend>" in html


def test_hidden_field_has_no_label() -> None:
    assert 'for="id_place"' not in str(ProfileForm())
    assert str(ProfileForm()).count('name="place"') == 1
