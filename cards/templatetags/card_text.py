"""The filter that shows the stored HTML of cards."""

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def stored(html: str) -> SafeString:
    """A card's stored HTML: `cards.text.markdown` has made it safe when the card was saved."""
    return mark_safe(html)  # noqa: S308
