"""The admin as a whole: one signs in and changes one's password as everywhere, and it tells no addresses apart
from those that an editor may see.
"""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path


class StudysiteAdminSite(admin.AdminSite):
    """Django's admin without its own ways past the site's rules."""

    site_header = "Studysite"
    site_title = "Studysite admin"
    index_title = "Admin"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """With "View on site" that asks who may see the row: Django's leads any editor to any row's address."""
        shown = path(
            "r/<path:content_type_id>/<path:object_id>/",
            self.admin_view(self.view_on_site),
            name="view_on_site",
        )
        return [shown, *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The site's own login: the admin's would count no wrong passwords."""
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The site's own page, for the same reason."""
        return redirect("account_change_password")

    def view_on_site(self, request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponse:
        """To the page of a row that the editor may view, where its list offers this; else 404.

        The address of an invitation or of an unfinished import is a key.
        """
        try:
            model = ContentType.objects.get(pk=content_type_id).model_class()
        except (ContentType.DoesNotExist, ValueError):
            raise Http404 from None
        if model is None or not self.is_registered(model):
            raise Http404
        rows = self.get_model_admin(model)
        row = rows.get_object(request, unquote(object_id))
        if row is None or not rows.has_view_permission(request, row):
            raise Http404
        # The address of this very view, where the row has a page and its list says so.
        if rows.get_view_on_site_url(row) is None:
            raise Http404
        return redirect(row.get_absolute_url())  # type: ignore[attr-defined]
