from typing import Any

from django.apps import AppConfig
from django.core.signals import request_finished, request_started

from cards.text.formulas import mathml


class CardsConfig(AppConfig):
    name = "cards"
    verbose_name = "Decks and cards"

    def ready(self) -> None:
        from cards.erasing import leaving  # noqa: F401 - its receivers register themselves

        request_started.connect(begin_allowance)
        request_finished.connect(end_allowance)


def begin_allowance(**_kwargs: Any) -> None:
    """Let all formulas of a request share one allowance, however many cards it renders."""
    mathml.allowed.set(mathml.Allowance())


def end_allowance(**_kwargs: Any) -> None:
    mathml.allowed.set(None)
