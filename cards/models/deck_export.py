"""Exports of large decks, which are written in slices (see `cards.exporting.preparing`)."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import reverse
from django.utils import timezone

from cards.models.import_draft import make_token
from studysite.accounts.models import User
from studysite.slices import Claimed


def exports_folder() -> Path:
    """The directory of the files until they are downloaded; each export has its own folder."""
    return Path(settings.DATA_DIR) / "exports"


class DeckExport(Claimed):
    """A deck that is written to a file for ``learner``, or, if that is None, for the session that has its token.

    ``state`` is the state of its `cards.exporting.writing.Writer`; ``done`` counts the cards of ``total`` written
    so far.
    """

    token = models.CharField(max_length=32, unique=True, default=make_token)
    deck = models.ForeignKey("cards.Deck", on_delete=models.CASCADE, related_name="+")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="deck_exports"
    )
    kind = models.CharField(max_length=10, help_text="A kind of file, or history.")
    state = models.JSONField(default=dict)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    is_whole = models.BooleanField(default=False)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes that it takes up.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="export_by_age")]

    def __str__(self) -> str:
        return f"{self.deck} ({self.kind})"

    def get_absolute_url(self) -> str:
        return reverse("export", args=[self.token])

    @property
    def folder(self) -> Path:
        return exports_folder() / self.token

    @property
    def viewer(self) -> User | AnonymousUser:
        return self.learner or AnonymousUser()

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        shutil.rmtree(self.folder, ignore_errors=True)
        return super().delete(*args, **kwargs)
