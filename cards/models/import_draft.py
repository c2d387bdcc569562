"""A file or pasted text between its preview and its import, so that nobody has to send it twice."""

import secrets
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from studysite.slices import Claimed

KEPT_FOR = timedelta(days=1)
"""How long a file waits for somebody to import it."""

KEPT_DRAFTS = 3
"""Drafts of one learner; beyond them the oldest goes."""


def make_token() -> str:
    return secrets.token_urlsafe(16)


def drafts_folder() -> Path:
    """Where the files wait."""
    return Path(settings.DATA_DIR) / "imports"


class ImportDraft(Claimed):
    """What a learner has handed in, how they want it read, and how far its import has come.

    The cards go into ``staging``, a deck that is not shown, and from there as a whole into ``deck``; where that is
    None, the hidden deck becomes one of theirs. ``done`` counts what was read for the preview, then what the
    current phase has written of ``total``.
    """

    class Phase(models.TextChoices):
        PREVIEW = "preview"
        CARDS = "cards"
        MERGING = "merging"
        HISTORY = "history"
        DONE = "done"

    WRITING = (Phase.CARDS, Phase.MERGING)
    """In which hidden decks are filled, or are still to be emptied."""

    token = models.CharField(max_length=32, unique=True, default=make_token)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="import_drafts"
    )
    deck = models.ForeignKey("cards.Deck", on_delete=models.CASCADE, null=True, related_name="+")
    staging = models.ForeignKey("cards.Deck", on_delete=models.SET_NULL, null=True, related_name="+")
    file_name = models.CharField(max_length=200, blank=True, help_text="Empty where text was pasted.")
    title = models.CharField(max_length=200, blank=True)
    options = models.JSONField(default=dict)
    phase = models.CharField(max_length=7, choices=Phase, default=Phase.PREVIEW)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    # What the finished import came to: cards added, updated, already there.
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    # What the file comes to with these options (see `cards.importing.preview.saving`).
    look = models.JSONField(default=dict)
    # What came of the file's images (see `cards.importing.images`).
    images = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(phase__in=["preview", "cards", "merging", "history", "done"]),
                name="import_phase_known",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="import_by_age")]

    def __str__(self) -> str:
        return self.file_name or "Pasted text"

    def get_absolute_url(self) -> str:
        return reverse("import_draft", args=[self.token])

    @property
    def path(self) -> Path:
        return drafts_folder() / self.token

    @property
    def folder(self) -> Path:
        """Where what was read of the file waits (see `cards.importing.reading.storage`)."""
        return drafts_folder() / f"{self.token}.read"

    @property
    def is_csv(self) -> bool:
        return self.file_name.lower().endswith(".csv")

    @property
    def merged(self) -> int:
        """Cards that have come into the deck that they are for."""
        return self.added + self.updated + self.unchanged

    @property
    def percent(self) -> int:
        done = self.merged if self.phase == self.Phase.MERGING else self.done
        return 100 * done // self.total if self.total else 0

    def keep(self, *names: str) -> None:
        """Save these fields alone. Raises DoesNotExist where somebody has dropped the draft meanwhile."""
        values = {name: getattr(self, name) for name in names}
        if not ImportDraft.objects.filter(pk=self.pk).update(**values):
            raise ImportDraft.DoesNotExist

    def keep_until_begun(self, *names: str) -> None:
        """Save these fields, unless the import has begun meanwhile, as in another tab: then it stays as it is.

        Raises DoesNotExist likewise.
        """
        waiting = ImportDraft.objects.filter(pk=self.pk, phase=self.Phase.PREVIEW)
        if not waiting.update(**{name: getattr(self, name) for name in names}):
            self.refresh_from_db()

    def forget_file(self) -> None:
        self.path.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self.forget_file()
        return super().delete(*args, **kwargs)
