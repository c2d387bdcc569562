"""Load the word lists that typed answers are judged with, and store them in DATA_DIR."""

from typing import Any

from django.core.management.base import BaseCommand

from sessions_app.study.text import word_lists


class Command(BaseCommand):
    help = "Load the word lists, so that the first typed answer is judged at once. Changes nothing else."

    def handle(self, **_: Any) -> None:
        word_lists.lists()
