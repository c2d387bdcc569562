"""The admin's AppConfig; a module of its own, because Django imports it before the models."""

from django.contrib.admin.apps import AdminConfig


class StudysiteAdminConfig(AdminConfig):
    default_site = "studysite.admin.site.StudysiteAdminSite"
