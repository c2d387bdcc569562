"""The admin for people and invitations. No editor can give rights or take over accounts with more rights."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html

from studysite.accounts import services
from studysite.accounts.admin.actions import ChosenRowsAdmin
from studysite.accounts.admin.erasing import MOST_AT_ONCE, erase
from studysite.accounts.admin.filters import GuestFilter
from studysite.accounts.admin.rights import GroupAdmin  # noqa: F401 - registers itself
from studysite.accounts.models import Invitation, User
from studysite.accounts.time_zones import time_zone_choices


class LowerCaseEmail(forms.ModelForm):
    """Addresses are stored in lower case."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.lower()


class UserAddForm(LowerCaseEmail, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class UserEditForm(LowerCaseEmail, UserChangeForm):
    time_zone = forms.ChoiceField(choices=time_zone_choices)

    class Meta:
        model = User
        fields = (
            *("email", "password", "name", "time_zone"),
            *("is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
        )


def may_change(request: HttpRequest, user: User) -> bool:
    """Superusers may change everyone, other editors only themselves and people without any rights.

    An editor who may change an account can take it over: by its address, its password or a link to set one. So
    rights of an inactive account count too. Nobody changes a guest: a guest has no settings.
    """
    if user.is_guest:
        return False
    if request.user.is_superuser or user == request.user:
        return True
    return not user.stored_rights()


@admin.register(User)
class UserAdmin(ChosenRowsAdmin, DjangoUserAdmin):
    form = UserEditForm
    add_form = UserAddForm
    ordering = ("email",)
    list_display = ("email", "name", "is_staff", "is_active", "date_joined")
    list_filter = (GuestFilter, "is_staff", "is_active", "groups")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "date_joined")
    actions = ("make_password_links", "delete_selected")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "time_zone")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        if request.user.is_superuser:
            return fields
        return (*fields, "is_staff", "is_superuser", "groups", "user_permissions")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Fields for a person, such as a deck's owner, do not offer guests."""
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            queryset = queryset.filter(is_guest=False)
        return super().get_search_results(request, queryset, search_term)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or may_change(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers: erasing people also erases their decks, or gives them to another user."""
        return bool(request.user.is_superuser)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Without the rows that remain of erased accounts."""
        return super().get_queryset(request).filter(erased_at=None)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Erase the person, after a page that lists the data and asks what to do with their decks."""
        person = self.get_object(request, unquote(object_id))
        if not self.has_delete_permission(request, person):
            raise PermissionDenied
        if person is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        page = erase(self, request, [person])
        return page or redirect("admin:accounts_user_changelist")

    @admin.action(description="Delete selected people", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        return erase(self, request, list(queryset[: MOST_AT_ONCE + 1]))

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            services.email_change(user=obj, email=form.cleaned_data["email"])

    @admin.action(description="Make a one-time link to set a new password", permissions=["change"])
    def make_password_links(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Show a link for each selected person whom the editor may change; links are not stored."""
        users = [user for user in queryset if user.is_active and may_change(request, user)]
        if left_out := len(queryset) - len(users):
            self.message_user(
                request,
                f"No link for {left_out}: the account is inactive, or you may not change it.",
                messages.WARNING,
            )
        if not users:
            return None
        for user in users:
            self.log_change(request, user, "Made a one-time link to set a new password.")
        context = {
            **self.admin_site.each_context(request),
            "title": "One-time links to set a new password",
            "opts": self.opts,
            "links": [(user, password_link(request, user)) for user in users],
            "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 3600),
        }
        return render(request, "admin/accounts/user/password_links.html", context)


def password_link(request: HttpRequest, user: User) -> str:
    """The address at which ``user`` can set a new password once, within PASSWORD_RESET_TIMEOUT seconds."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    link: str = get_adapter(request).get_reset_password_from_key_url(key)
    return link


@admin.register(Invitation)
class InvitationAdmin(ChosenRowsAdmin):
    list_display = ("__str__", "note", "state", "expires_at", "created_by")
    list_select_related = ("created_by", "used_by")
    search_fields = ("email", "note")
    ordering = ("-created_at",)
    fields = ("state", "email", "note", "expires_at", "created_by", "created_at")
    readonly_fields = ("link", "state", "created_by", "created_at")
    view_on_site = False

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("email", "note", "expires_at")
        return ("link", *self.fields) if self.may_send(request, obj) else self.fields

    def may_send(self, request: HttpRequest, invitation: Invitation) -> bool:
        """Whether the editor sees the secret link: they may change invitations, or have created this one."""
        made_it = invitation.created_by_id is not None and invitation.created_by_id == request.user.pk
        return self.has_change_permission(request) or (made_it and self.has_add_permission(request))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Not the token: with a filter on it an editor could find a token letter by letter."""
        return not lookup.startswith("token") and super().lookup_allowed(lookup, value, request)

    @admin.display(description="Link to send")
    def link(self, invitation: Invitation) -> str:
        return format_html("<code>{}{}</code>", settings.SITE_URL, invitation.get_absolute_url())

    @admin.display(description="State")
    def state(self, invitation: Invitation) -> str:
        if invitation.used_at:
            return f"used by {invitation.used_by or 'a deleted user'}"
        return "open" if invitation.expires_at > timezone.now() else "expired"

    def save_model(
        self,
        request: HttpRequest,
        obj: Invitation,
        form: forms.ModelForm,
        change: bool,
    ) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Invitation, post_url_continue: Any = None
    ) -> HttpResponse:
        """Redirect to the invitation's page, which shows its link.

        An editor who may add invitations, but not view them, gets the link in the message.
        """
        if self.has_view_permission(request, obj):
            self.message_user(request, "The invitation is created. Send its link.", messages.SUCCESS)
            return redirect("admin:accounts_invitation_change", obj.pk)
        made = format_html("The invitation is created. Send its link: {}", self.link(obj))
        self.message_user(request, made, messages.SUCCESS)
        return redirect("admin:index")
