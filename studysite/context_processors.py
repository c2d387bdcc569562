"""What every page's template knows besides its own context."""

from django.conf import settings
from django.http import HttpRequest


def signup(request: HttpRequest) -> dict[str, bool]:
    """``signup_open``: whether strangers are offered an account; ``guests_open``: whether they study without."""
    return {"signup_open": settings.SIGNUP == "open", "guests_open": settings.GUESTS}
