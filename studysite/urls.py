"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path, register_converter

from studysite import health, views
from studysite.http import robots
from studysite.http.converters import KeyConverter

# Before the addresses of the apps, which use it.
register_converter(KeyConverter, "key")

handler400 = views.bad_request
handler403 = views.permission_denied
handler404 = views.not_found
handler500 = views.server_error

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", robots.robots_txt, name="robots_txt"),
    path("admin/", admin.site.urls),
    path("accounts/", include("studysite.accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("", include("cards.urls")),
    path("", include("sessions_app.urls")),
]
