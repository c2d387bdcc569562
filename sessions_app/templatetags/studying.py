"""Filters that show what the engine computes: times, levels, and frozen texts as HTML."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe

from cards.templatetags.card_text import language_of, stored
from cards.text.images import images_in
from cards.text.markdown import PLAIN, plain, render
from sessions_app.questions.images import IllustratedText
from sessions_app.study.days import study_day
from sessions_app.study.judging.differences import difference
from sessions_app.study.scheduling.types import Need, NextStep
from sessions_app.study.types import Level

register = template.Library()
register.filter("stored", stored)
register.filter("language_of", language_of)

LINK = re.compile(r"</?a\b[^>]*>")
WIDE = '<span class="maths-wide">'
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONTH, YEAR = timedelta(days=30.4), timedelta(days=365.25)
LONG_TEXT = 90
LONGEST_KEPT = 1_000
"""Characters of the texts whose HTML is kept: with a formula in it, it is up to thirty times as long."""
WHEN = {
    Need.RECALL: "",
    Need.APART: ", after a few other cards or on another day,",
    Need.LATER_DAY: " on another day",
}


@register.filter
def interval(value: timedelta) -> str:
    """A waiting time as one short number: "10 min", "3 d", "2.1 mo", "1.5 y"."""
    if value < HOUR:
        return f"{max(1, round(value / MINUTE))} min"
    if value < DAY:
        return f"{round(value / HOUR)} h"
    if value < 2 * MONTH:
        return f"{round(value / DAY)} d"
    if value < YEAR:
        return f"{value / MONTH:.1f} mo"
    return f"{value / YEAR:.1f} y"


@register.filter
def when(value: date | datetime | None) -> str:
    """A future time in words: "in 8 min", "today 18:05", "tomorrow", "next Thu", "12 Jan". Empty for None.

    A date is a study day, which ends at 04:00: at one in the morning, "tomorrow" begins at 04:00.
    """
    if value is None:
        return ""
    now = timezone.now()
    if not isinstance(value, datetime):
        return _day(value, study_day(now, timezone.get_current_timezone()))
    if value <= now + HOUR:
        return f"in {max(1, round((value - now) / MINUTE))} min"
    local, today = timezone.localtime(value), timezone.localdate(now)
    return f"today {date_format(local, 'H:i')}" if local.date() == today else _day(local.date(), today)


def _day(day: date, today: date) -> str:
    """``day`` in words on the day ``today``."""
    days = (day - today).days
    if days <= 0:
        return "today"
    if days == 1:
        return "tomorrow"
    if days < 7:
        return f"next {date_format(day, 'D')}"
    return date_format(day, "j M" if day.year == today.year else "j M Y")


@register.filter
def ago(value: datetime) -> str:
    """A past day in words: "today", "yesterday", "5 days ago", "3 Jan 2026"."""
    days = (timezone.localdate() - timezone.localtime(value).date()).days
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    if days < 30:
        return f"{days} days ago"
    return date_format(timezone.localtime(value), "j M Y")


@register.filter
def elapsed(milliseconds: int) -> str:
    """The time of an answer, from milliseconds: "4 s", "2 min"."""
    seconds = max(1, round(milliseconds / 1000))
    return f"{seconds} s" if seconds < 100 else f"{round(seconds / 60)} min"


@register.filter
def clock(milliseconds: int) -> str:
    """A time in Matching, from milliseconds, rounded down to tenths of a second: "24.3 s", "1 min 43.0 s"."""
    minutes, tenths = divmod(milliseconds // 100, 600)
    seconds = f"{tenths // 10}.{tenths % 10} s"
    return f"{minutes} min {seconds}" if minutes else seconds


@register.filter
def whole_seconds(milliseconds: int) -> str:
    """A time in Matching, from milliseconds, rounded down to seconds: "24 s", "1 min 43 s"."""
    minutes, seconds = divmod(milliseconds // 1_000, 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


@register.filter
def way_up(step: NextStep | None) -> str:
    """A sentence on what a card needs for its next level."""
    if step is None:
        return "Mastered is the highest level."
    level = step.level.name.capitalize()
    if step.level is Level.RECALLED:
        return f"One recall without help makes it {level}."
    if step.days > 1:
        return f"Recalls on {step.days} more days make it {level}."
    return f"One more recall{WHEN[step.need]} makes it {level}."


@register.filter
def rendered(source: str) -> SafeString:
    """A frozen text as HTML with its images; `cards.text.markdown` makes it safe."""
    return mark_safe(reachable(html_of(source)) + images_of(source))  # noqa: S308


def html_of(source: str) -> str:
    """The text as HTML. What was shown last is kept, since the cards of a session come again and again."""
    return _kept_html(str(source)) if len(source) <= LONGEST_KEPT else render(source)


@lru_cache(maxsize=500)
def _kept_html(source: str) -> str:
    return render(source)


def reachable(html: str) -> str:
    """``html`` with wide formulas focusable, since they scroll on a phone and must scroll by keyboard too."""
    return html.replace(WIDE, f'{WIDE[:-1]} tabindex="0">')


@register.filter
def rendered_label(source: str) -> SafeString:
    """A frozen text as HTML for a label: without links."""
    return mark_safe(LINK.sub("", reachable(html_of(source))) + images_of(source))  # noqa: S308


@register.filter
def rendered_option(source: str) -> SafeString:
    """A frozen text as HTML for a button: without links and without anything to focus."""
    return mark_safe(LINK.sub("", html_of(source)) + images_of(source))  # noqa: S308


@register.filter
def images_of(source: str) -> SafeString:
    """Only the images of a frozen text, for a page that shows the text in another form."""
    return mark_safe(source.images if isinstance(source, IllustratedText) else "")  # noqa: S308


@register.filter
def stored_images(html: str) -> SafeString:
    """Only the images of a card's stored HTML."""
    return mark_safe(images_in(html))  # noqa: S308


@register.filter
def plain_text(source: str) -> str:
    """A Markdown source as one line of text without markup."""
    return plain(source)


@register.filter
def has_markup(source: str) -> bool:
    """Whether the text has markup, so that differences in it cannot be marked letter by letter."""
    return PLAIN.fullmatch(source) is None


register.simple_tag(difference, name="difference")


@register.filter
def is_long(source: str) -> bool:
    """Whether a text is so long that it is set smaller and left-aligned."""
    return len(source) > LONG_TEXT or source.count("\n") > 1
