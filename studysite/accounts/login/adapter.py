"""The site's django-allauth adapter: who may sign up, what a new user is, what happens when mail fails."""

import contextlib
import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from studysite.accounts.guests import guest_of
from studysite.accounts.login import limits
from studysite.accounts.models import User

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """The site's own rules; everything else is django-allauth's."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The e-mail address or the password is wrong.",
        "email_taken": "This address already has an account. If it is yours, log in.",
        "duplicate_email": "This is already your address.",
        "enter_current_password": "This is not your current password.",
        "incorrect_password": "This is not your password.",
        "unverified_primary_email": "Confirm your e-mail address first.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGNUP == "open")

    def is_ajax(self, request: HttpRequest) -> bool:
        """Never: this site does not offer allauth's JSON responses."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_preferences")

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        user.name = form.cleaned_data["name"]
        user.time_zone = form.cleaned_data["time_zone"]
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def get_client_ip(self, request: HttpRequest) -> str:
        return limits.client_ip(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Answer too many wrong passwords with 429, as for every other limit."""
        usage = limits.consume(request, credentials.get("email", ""))
        if isinstance(usage, HttpResponse):
            raise ImmediateHttpResponse(usage)
        # django-allauth rolls this back if the password was right.
        self._login_failed_rl_usage = usage

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Called by django-allauth after a reset by link; it does not know the keys of the site's limits."""
        limits.clear(request, credentials.get("email", ""))

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Give a confirmed address to its user, unless someone else has signed up with it in the meantime."""
        try:
            with transaction.atomic():
                return super().confirm_email(request, email_address)
        except IntegrityError:
            self.add_message(
                request,
                messages.ERROR,
                "account/messages/email_confirmation_failed.txt",
                {"email": email_address.email},
            )
            return False

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """First ask what to do with a guest's answers, then continue as after any login."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if not guest_of(request):
            return response
        query = urlencode({"next": response["Location"]})
        return redirect(f"{reverse('guest')}?{query}")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail; if the mail server fails, show a page that says so.

        The log gets the kind of error and its code alone: the error's text may hold addresses.
        """
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:
            reason = f"{type(error).__name__} {getattr(error, 'smtp_code', error.errno) or ''}".rstrip()
            logger.error("Mail %s was not sent: %s", template_prefix, reason)
            response = render(self.request, "account/mail_failed.html", status=503)
            raise ImmediateHttpResponse(response) from None

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        # The change that it tells of was made, so a failure (logged above) must not look like an error.
        with contextlib.suppress(ImmediateHttpResponse):
            super().send_notification_mail(*args, **kwargs)
