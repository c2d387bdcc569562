"""The admin site. It uses the site's own login and password pages, and "View on site" checks permissions."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path


class StudysiteAdminSite(admin.AdminSite):
    """Django's admin without the parts that would bypass the site's rules."""

    site_header = "Studysite"
    site_title = "Studysite admin"
    index_title = "Admin"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """With a "View on site" that checks permissions: Django's redirects any editor to any row's address."""
        shown = path(
            "r/<path:content_type_id>/<path:object_id>/",
            self.admin_view(self.view_on_site),
            name="view_on_site",
        )
        return [shown, *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The site's own login: Django's would not count wrong passwords."""
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The site's own page, for the same reason."""
        return redirect("account_change_password")

    def view_on_site(self, request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponse:
        """Redirect to the row's page if the editor may view the row and its admin has such a link; else 404.

        The addresses of invitations and of unfinished imports are secret keys.
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
        # This is the address of this view; None if the row has no page or its admin has no such link.
        if rows.get_view_on_site_url(row) is None:
            raise Http404
        return redirect(row.get_absolute_url())  # type: ignore[attr-defined]
