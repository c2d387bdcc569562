"""Lists of the admin in which rights could be given or accounts taken over: for superusers alone."""

from typing import Any

from allauth.account import admin as allauth_admin
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from studysite.accounts.admin.actions import ChosenRowsAdmin


class SuperusersAdmin(ChosenRowsAdmin):
    """A list that nobody else sees, whatever permissions they have been given."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission


admin.site.unregister([Group, EmailAddress])


@admin.register(Group)
class GroupAdmin(SuperusersAdmin, DjangoGroupAdmin):  # type: ignore[misc]
    """Whoever may change groups could give their own every right."""


@admin.register(EmailAddress)
class EmailAddressAdmin(SuperusersAdmin, allauth_admin.EmailAddressAdmin):
    """Whoever can add an address to an account can take it over."""
