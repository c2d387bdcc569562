"""The site's style sheet and script: the files that each is made of, and the tags that link them.

The sources stay apart in ``static/``. With DEBUG, and in tests, pages link each of them, so that no build step is
needed. When static files are collected, they are joined: a first visit takes two requests instead of thirty.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLES, SCRIPTS = "css/site.css", "js/site.js"
JOINED = {
    # In the order of the cascade. The pages of Test and Matching link one of their own.
    # The sources are in one folder with the joined file, so that their url()s hold.
    STYLES: (
        "css/tokens.css",
        "css/base.css",
        "css/layout.css",
        "css/components.css",
        "css/forms.css",
        "css/popups.css",
        "css/decks.css",
        "css/deck-rows.css",
        "css/today.css",
        "css/deck-start.css",
        "css/search.css",
        "css/editor.css",
        "css/tags.css",
        "css/levels.css",
        "css/import.css",
        "css/card.css",
        "css/deck-terms.css",
        "css/study.css",
        "css/answers.css",
        "css/feedback.css",
        "css/ends.css",
        "css/score.css",
        "css/maths-font.css",
        "css/maths.css",
        "css/code.css",
    ),
    # What the home page and the page of a deck need. Other pages link a script of their own.
    SCRIPTS: (
        "django_htmx/htmx-2.min.js",
        "js/htmx-config.js",
        "js/ui.js",
        "js/time-zone.js",
        "js/keys.js",
        "js/shortcuts.js",
        "js/viewer.js",
        "js/swipe.js",
        "js/deck-terms.js",
    ),
}
"""The sources of each joined file, in their order."""

CSS_TEXT = r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
CSS_COMMENT = re.compile(rf"{CSS_TEXT}|/\*.*?\*/", re.DOTALL)
CSS_SPACE = re.compile(rf"{CSS_TEXT}|\s*([{{}};,])\s*|\s+")
JS_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
JS_INDENTATION = re.compile(r"\n\s+")

register = template.Library()


def join_styles(sources: Sequence[str]) -> str:
    """One style sheet without comments, and without white space that has no meaning."""
    joined = CSS_COMMENT.sub(lambda found: found[1] or " ", "\n".join(sources))
    return CSS_SPACE.sub(lambda found: found[1] or found[2] or " ", joined).strip() + "\n"


def join_scripts(sources: Sequence[str]) -> str:
    """One script without indentation and without lines that are only a comment.

    No source may have a text of several lines, in which such a line would be text. The semicolon keeps a function
    in brackets from being read as the arguments of the source before it.
    """
    joined = ";\n".join(sources)
    return JS_INDENTATION.sub("\n", JS_COMMENT.sub("", joined)).strip() + "\n"


class JoiningStorage(CompressedManifestStaticFilesStorage):
    """Also collects the files that are joined of others."""

    joins = True

    def post_process(
        self, paths: dict[str, tuple[Any, str]], dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str | None, Any]]:
        """Raises KeyError if a source was not found."""
        if not dry_run:
            for name, sources in JOINED.items():
                texts = [read(*paths[source]) for source in sources]
                joined = (join_styles if name == STYLES else join_scripts)(texts)
                Path(self.path(name)).write_text(joined, encoding="utf-8")
                paths[name] = self, name
        yield from super().post_process(paths, dry_run=dry_run, **options)


def read(storage: Any, path: str) -> str:
    with storage.open(path) as file:
        return str(file.read().decode())


def linked(name: str) -> Iterator[tuple[str]]:
    """The addresses to link for a joined file: its own where files are joined, otherwise those of its sources."""
    names = (name,) if getattr(staticfiles_storage, "joins", False) else JOINED[name]
    return ((static(each),) for each in names)


@register.simple_tag
def site_styles() -> SafeString:
    """Link the style sheet of every page."""
    return format_html_join("\n  ", '<link rel="stylesheet" href="{}">', linked(STYLES))


@register.simple_tag
def site_scripts() -> SafeString:
    """Link the script of every page; it runs when the page is read."""
    return format_html_join("\n  ", '<script src="{}" defer></script>', linked(SCRIPTS))
