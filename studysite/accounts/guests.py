"""Who studies: the person who is signed in, or nobody."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


def learner(get_response: Handler) -> Handler:
    """Middleware: set ``request.learner``."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.learner = request.user  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def learner_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Send who is nobody yet to the login, and back."""

    @wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.learner.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return wrapped
