"""Names the site's admin to Django; apart from it, since Django reads this before there are models."""

from django.contrib.admin.apps import AdminConfig


class StudysiteAdminConfig(AdminConfig):
    default_site = "studysite.admin.site.StudysiteAdminSite"
