"""Pages of accounts that django-allauth does not have, or that depend on the site's settings."""

import logging
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

logger = logging.getLogger(__name__)


class SignupView(allauth_views.SignupView):
    """allauth's sign-up page, with invitations and with errors for races between the form's checks and saving.

    A class, because allauth's view is one.
    """

    invitation: Invitation | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if response.status_code == 429:
            logger.warning("Sign-up refused: too many from one address.")
        return response

    def is_open(self) -> bool:
        return super().is_open() or (self.invitation is not None and settings.SIGNUP == "invitation")

    def closed(self) -> HttpResponse:
        logger.info("Sign-up refused: SIGNUP is %s.", settings.SIGNUP)
        return render(
            self.request, "account/signup_closed.html", {"by_invitation": settings.SIGNUP == "invitation"}
        )

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "invitation": self.invitation}

    def form_valid(self, form: SignupForm) -> HttpResponse:
        try:
            return super().form_valid(form)
        except IntegrityError:
            logger.info("Sign-up refused: the address was taken at the same moment.")
            form.add_error("email", get_adapter().validation_error("email_taken"))
        except InvitationGoneError:
            logger.info(
                "Sign-up refused: invitation %s was used at the same moment.",
                form.invitation and form.invitation.pk,
            )
            form.add_error(None, "This invitation has just been used.")
        return self.form_invalid(form)


signup = SignupView.as_view()


def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """The sign-up page for someone with an invitation; 404 with the reason if it cannot be used."""
    invitations = Invitation.objects.filter(token=token)
    found = invitations.usable(timezone.now()).first()
    if found is None:
        unusable = invitations.values_list("pk", flat=True).first()
        logger.info("Sign-up refused: invitation %s cannot be used.", unusable or "(unknown)")
        return render(request, "account/invitation_unusable.html", status=404)
    return SignupView.as_view(invitation=found)(request)


def password_reset(request: HttpRequest) -> HttpResponseBase:
    """A reset by mail; if the site sends no mail, a page that says to ask an admin for a link."""
    if settings.HAS_MAIL:
        return allauth_views.password_reset(request)
    return render(request, "account/password_reset_without_mail.html")


def needs_mail(view: View) -> View:
    """``view``, or 404 if the site sends no mail: the page would speak of a mail that was never sent."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.HAS_MAIL:
            raise Http404
        return view(request, *args, **kwargs)

    return checked


@login_required
@require_http_methods(READ_AND_POST)
def preferences(request: HttpRequest) -> HttpResponse:
    """Name and time zone, and links to change the password and the address."""
    # A second instance: a form with errors has changed its instance, and the header shows request.user.
    user = User.objects.get_by_natural_key(request.user.get_username())
    form = PreferencesForm(request.POST if request.method == "POST" else None, instance=user)
    if not form.is_valid():
        return render(request, "account/preferences.html", {"form": form})
    user.save(update_fields=form.fields.keys())
    messages.success(request, "Your preferences are saved.")
    return redirect("account_preferences")
