from typing import Any

from django.apps import AppConfig, apps
from django.core.signals import request_finished, request_started
from django.db import connections
from django.db.models.signals import post_migrate

from cards.text.formulas import mathml


class CardsConfig(AppConfig):
    name = "cards"
    verbose_name = "Decks and cards"

    def ready(self) -> None:
        from cards.erasing import leaving  # noqa: F401 - its receivers register themselves

        post_migrate.connect(complete_indexes, sender=self)
        request_started.connect(begin_allowance)
        request_finished.connect(end_allowance)


def complete_indexes(using: str, apps: Any = apps, **_kwargs: Any) -> None:
    """Create the search indexes again that a migration has dropped with a table.

    ``apps`` are the models as migrated so far (`flush` gives none): an earlier version has no words.
    """
    from cards.searching.index import create_indexes

    fields = apps.get_model("cards", "card")._meta.get_fields()
    if any(field.name == "words" for field in fields):
        create_indexes(connections[using])


def begin_allowance(**_kwargs: Any) -> None:
    """Let all formulas of a request share one allowance, however many cards it renders."""
    mathml.allowed.set(mathml.Allowance())


def end_allowance(**_kwargs: Any) -> None:
    mathml.allowed.set(None)
