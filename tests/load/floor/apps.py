"""The floor, and the site's users without what the site does at its start."""

from django.apps import AppConfig


class FloorConfig(AppConfig):
    name = "tests.load.floor"
    default = True


class PeopleConfig(AppConfig):
    name = "studysite.accounts"
    label = "accounts"
