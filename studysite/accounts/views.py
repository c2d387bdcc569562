"""Pages of accounts that django-allauth does not have, or that depend on the site's settings."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as allauth_views
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from studysite.accounts.forms import PreferencesForm, SignupForm
from studysite.accounts.models import Invitation, User
from studysite.accounts.services import InvitationGoneError
from studysite.methods import READ_AND_POST

View = Callable[..., HttpResponseBase]


class SignupView(allauth_views.SignupView):
    """allauth's sign-up page, which knows about invitations and about what happens between check and save.

    A class, since allauth's is one.
    """

    invitation: Invitation | None = None

    def is_open(self) -> bool:
        return super().is_open() or (self.invitation is not None and settings.SIGNUP == "invitation")

    def closed(self) -> HttpResponse:
        return render(
            self.request, "account/signup_closed.html", {"by_invitation": settings.SIGNUP == "invitation"}
        )

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "invitation": self.invitation}

    def form_valid(self, form: SignupForm) -> HttpResponse:
        try:
            return super().form_valid(form)
        except IntegrityError:
            form.add_error("email", get_adapter().validation_error("email_taken"))
        except InvitationGoneError:
            form.add_error(None, "This invitation has just been used.")
        return self.form_invalid(form)


signup = SignupView.as_view()


def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """The sign-up page for the holder of an invitation; 404 with the reason if it cannot be used (any more)."""
    found = Invitation.objects.filter(token=token).usable(timezone.now()).first()
    if found is None:
        return render(request, "account/invitation_unusable.html", status=404)
    return SignupView.as_view(invitation=found)(request)


def password_reset(request: HttpRequest) -> HttpResponseBase:
    """A reset by mail, or, where the site cannot send any, the word that an admin makes a link."""
    if settings.HAS_MAIL:
        return allauth_views.password_reset(request)
    return render(request, "account/password_reset_without_mail.html")


def needs_mail(view: View) -> View:
    """``view`` where the site can send mail; where it cannot, its page would tell of mail that was never sent."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.HAS_MAIL:
            raise Http404
        return view(request, *args, **kwargs)

    return checked


@login_required
@require_http_methods(READ_AND_POST)
def preferences(request: HttpRequest) -> HttpResponse:
    """Name and time zone, and the ways to password and address."""
    # A row of its own: a form with errors has changed its instance, and the header shows request.user.
    user = User.objects.get_by_natural_key(request.user.get_username())
    form = PreferencesForm(request.POST if request.method == "POST" else None, instance=user)
    if not form.is_valid():
        return render(request, "account/preferences.html", {"form": form})
    user.save(update_fields=form.fields.keys())
    messages.success(request, "Your preferences are saved.")
    return redirect("account_preferences")
