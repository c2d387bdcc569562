"""Template tags that every template has, without ``{% load %}``."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A symbol of static/img/icons.svg. A tag, because a page has many and an include takes ten times as long.

    The line break at the end separates it from the text beside it.
    """
    address = static("img/icons.svg")
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>\n',
        address,
        name,
    )
