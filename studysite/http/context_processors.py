"""Context for every template."""

from django.conf import settings
from django.http import HttpRequest


def signup(request: HttpRequest) -> dict[str, bool]:
    """``signup_open``: anyone may sign up; ``guests_open``: visitors may study without an account."""
    return {"signup_open": settings.SIGNUP == "open", "guests_open": settings.GUESTS}
