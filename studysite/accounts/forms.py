"""Account forms: django-allauth's with the site's fields and texts, and the preferences."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from studysite.accounts import services
from studysite.accounts.models import Invitation, User, validate_name
from studysite.accounts.time_zones import time_zone_choices, time_zone_or_utc

NAME = User._meta.get_field("name")
LABELS = {
    "login": "E-mail",
    "email": "E-mail",
    "password": "Password",
    "oldpassword": "Current password",
    "password1": "New password",
}


class PlainFields:
    """The site's labels, without placeholders, and with a new password that is typed only once.

    Instead of typing it twice, a button shows the password.
    """

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
        if "password1" in self.fields:
            self.fields["password1"].help_text = "At least 8 characters."


class LoginForm(PlainFields, allauth_forms.LoginForm):
    pass


def check_present_password(user: User, password: str, error: str) -> str:
    """Return ``password`` if it is right. Wrong ones count as at the login, because a page may be left open.

    Raises ValidationError with the adapter's message ``error``, or ImmediateHttpResponse after too many tries.
    """
    if not get_adapter().reauthenticate(user, password):
        raise get_adapter().validation_error(error)
    return password


class ChangePasswordForm(PlainFields, allauth_forms.ChangePasswordForm):
    def clean_oldpassword(self) -> str:
        return check_present_password(self.user, self.cleaned_data["oldpassword"], "enter_current_password")


class SetPasswordForm(PlainFields, allauth_forms.SetPasswordForm):
    pass


class ResetPasswordForm(PlainFields, allauth_forms.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(PlainFields, allauth_forms.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(PlainFields, allauth_forms.ReauthenticateForm):
    pass


class SignupForm(PlainFields, allauth_forms.SignupForm):
    """E-mail, name and one password; a script fills in the browser's time zone.

    With an ``invitation`` that names an address, only this one can sign up.
    """

    name = forms.CharField(
        max_length=NAME.max_length,
        validators=[validate_name],
        help_text=NAME.help_text,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    # A plain Field accepts any value: an unknown time zone must not prevent signing up.
    time_zone = forms.Field(required=False, widget=forms.HiddenInput({"data-time-zone": ""}))
    field_order = ["email", "name", "password1", "time_zone"]

    def __init__(self, *args: Any, invitation: Invitation | None = None, **kwargs: Any) -> None:
        self.invitation = invitation
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = "Password"
        self.order_fields(self.field_order)
        if invitation and invitation.email:
            self.fields["email"].initial = invitation.email
            self.fields["email"].disabled = True
            self.fields["email"].help_text = "The invitation is for this address."

    def clean_time_zone(self) -> str:
        return time_zone_or_utc(self.cleaned_data["time_zone"])

    def save(self, request: HttpRequest) -> User:
        """Create the user and mark the invitation as used, in one transaction.

        Raises:
            IntegrityError: another user has signed up with this address since it was checked.
            InvitationGoneError: the invitation was used, or has expired, since it was opened.
        """
        with transaction.atomic():
            user: User = super().save(request)
            if self.invitation:
                services.invitation_claim(invitation=self.invitation, user=user, now=timezone.now())
        return user


class ChangeEmailForm(PlainFields, allauth_forms.AddEmailForm):
    """A new address, with the password, so that a page left open is not enough to take over an account.

    With a mail server the address changes when the user opens the link in the mail; without one it changes at
    once.
    """

    password = forms.CharField(strip=False, widget=forms.PasswordInput({"autocomplete": "current-password"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "New e-mail"
        if settings.HAS_MAIL:
            self.fields[
                "email"
            ].help_text = "We send a mail to it. The change takes effect when you open its link."

    def clean_email(self) -> str:
        email: str = super().clean_email()
        # With mail the response does not show whether the address is taken: only its owner gets a mail.
        if not settings.HAS_MAIL and User.objects.filter(email=email).exists():
            raise get_adapter().validation_error("email_taken")
        return email

    def clean_password(self) -> str:
        return check_present_password(self.user, self.cleaned_data["password"], "incorrect_password")

    def save(self, request: HttpRequest) -> EmailAddress:
        if settings.HAS_MAIL:
            return super().save(request)
        email = self.cleaned_data["email"]
        try:
            address = services.email_change(user=self.user, email=email)
        except IntegrityError:
            messages.error(request, get_adapter().error_messages["email_taken"])
            return EmailAddress(user=self.user, email=email)
        messages.success(request, f"Your e-mail address is now {email}.")
        return address


class PreferencesForm(forms.ModelForm):
    """Settings that people may change without their password."""

    time_zone = forms.ChoiceField(
        choices=time_zone_choices,
        help_text=User._meta.get_field("time_zone").help_text,
        widget=forms.Select({"data-time-zone": ""}),
    )

    class Meta:
        model = User
        fields = ("name", "time_zone")
        widgets = {"name": forms.TextInput({"autocomplete": "name"})}
