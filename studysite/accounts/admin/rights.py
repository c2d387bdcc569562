"""Parts of the admin that could give rights or take accounts over: only for superusers."""

from typing import Any

from allauth.account import admin as allauth_admin
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from studysite.accounts.admin.actions import ChosenRowsAdmin


class SuperusersAdmin(ChosenRowsAdmin):
    """An admin that only superusers see, whatever permissions others have."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission


admin.site.unregister([Group, EmailAddress])


@admin.register(Group)
class GroupAdmin(SuperusersAdmin, DjangoGroupAdmin):  # type: ignore[misc]
    """For superusers: an editor of groups could give all rights to their own group."""


@admin.register(EmailAddress)
class EmailAddressAdmin(SuperusersAdmin, allauth_admin.EmailAddressAdmin):
    """For superusers: an editor who adds an address to an account can take it over."""
