"""Template tags that every template has, without ``{% load %}``."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A symbol of static/img/icons.svg. A tag, because a page has many and an include takes ten times as long.

    The line break at the end separates it from the text beside it. The address of the file has its hash and stays
    the same while the program runs, so each symbol is made once.
    """
    address = static("img/icons.svg")
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>\n',
        address,
        name,
    )
