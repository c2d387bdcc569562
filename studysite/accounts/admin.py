"""The admin for people: one signs in to it as everywhere, and nobody gives rights that are not hers to give."""

from typing import Any

from allauth.account import admin as allauth_admin
from allauth.account.adapter import get_adapter
from allauth.account.decorators import secure_admin_login
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html

from studysite.accounts import services
from studysite.accounts.admin_actions import ChosenRowsAdmin
from studysite.accounts.admin_filters import GuestFilter
from studysite.accounts.models import Invitation, User
from studysite.accounts.time_zones import time_zone_choices

# The admin's own login page would count no wrong passwords.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class LowerCaseEmail(forms.ModelForm):
    """Addresses are kept in lower case, whoever types them."""

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
    """Superusers may change everyone, other editors only themselves and people without the admin's rights.

    Nobody changes a guest: there is nothing about her to set.
    """
    if user.is_guest:
        return False
    return bool(request.user.is_superuser or not (user.is_staff or user.is_superuser) or user == request.user)


@admin.register(User)
class UserAdmin(ChosenRowsAdmin, DjangoUserAdmin):
    form = UserEditForm
    add_form = UserAddForm
    ordering = ("email",)
    list_display = ("email", "name", "is_staff", "is_active", "date_joined")
    list_filter = (GuestFilter, "is_staff", "is_active", "groups")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "date_joined")
    actions = ("make_password_links",)
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
        """Nobody looks a guest up by name: fields that ask for a person, such as a deck's owner, offer none."""
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            queryset = queryset.filter(is_guest=False)
        return super().get_search_results(request, queryset, search_term)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or may_change(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Superusers alone: the list's own action deletes without asking about each person."""
        return bool(request.user.is_superuser)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """What goes with a person, by number: a list of 20,000 answers would be no page.

        What nobody may delete for itself, such as an answer, goes when its person does; `has_delete_permission`
        has said who may delete people. Decks protect their owners.
        """
        listed, counts, _, protected = super().get_deleted_objects(objs, request)
        return [row for row in listed if not isinstance(row, list)], counts, set(), protected

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            services.email_change(user=obj, email=form.cleaned_data["email"])

    @admin.action(description="Make a one-time link to set a new password", permissions=["change"])
    def make_password_links(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Show a link for each chosen person whom the editor may change; it is not kept anywhere."""
        users = [user for user in queryset if user.is_active and may_change(request, user)]
        if left_out := len(queryset) - len(users):
            self.message_user(
                request, f"No link for {left_out}: switched off, or not yours to change.", messages.WARNING
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
    """The address where ``user`` can set a new password once, for as long as PASSWORD_RESET_TIMEOUT says."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    link: str = get_adapter(request).get_reset_password_from_key_url(key)
    return link


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    list_display = ("__str__", "note", "state", "expires_at", "created_by")
    list_select_related = ("created_by", "used_by")
    search_fields = ("email", "note")
    ordering = ("-created_at",)
    fields = ("link", "state", "email", "note", "expires_at", "created_by", "created_at")
    readonly_fields = ("link", "state", "created_by", "created_at")
    view_on_site = False

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> tuple[str, ...]:
        return self.fields if obj else ("email", "note", "expires_at")

    @admin.display(description="Link to send")
    def link(self, invitation: Invitation) -> str:
        return format_html("<code>{}{}</code>", settings.SITE_URL, invitation.get_absolute_url())

    @admin.display(description="State")
    def state(self, invitation: Invitation) -> str:
        if invitation.used_at:
            return f"used by {invitation.used_by or 'somebody who is gone'}"
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
        """Go on to the invitation's own page: its link is what the editor came for."""
        self.message_user(request, "The invitation is made. Send its link.", messages.SUCCESS)
        return redirect("admin:accounts_invitation_change", obj.pk)


admin.site.unregister(EmailAddress)


@admin.register(EmailAddress)
class EmailAddressAdmin(allauth_admin.EmailAddressAdmin):
    """For superusers: whoever can add an address to an account can take it over."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission
