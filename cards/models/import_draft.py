"""A file or pasted text between its preview and its import, so that it has to be sent only once."""

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
"""How long a file is kept for its import."""

KEPT_DRAFTS = 3
"""Drafts that one learner may have; a new one replaces the oldest."""


def make_token() -> str:
    return secrets.token_urlsafe(16)


def drafts_folder() -> Path:
    """The directory of the files."""
    return Path(settings.DATA_DIR) / "imports"


class ImportDraft(Claimed):
    """An uploaded file, the options for reading it, and the progress of its import.

    The cards first go into ``staging``, a hidden deck. Then all of them move into ``deck``; if that is None, the
    hidden deck becomes the learner's new deck. ``done`` counts what was read for the preview, then what the
    current phase has written of ``total``.
    """

    class Phase(models.TextChoices):
        PREVIEW = "preview"
        CARDS = "cards"
        MERGING = "merging"
        HISTORY = "history"
        DONE = "done"

    WRITING = (Phase.CARDS, Phase.MERGING)
    """Phases with hidden decks that are being filled, or must still be emptied."""

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
    # The result: cards that were added, updated, or were in the deck already.
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    # The preview with these options (see `cards.importing.preview.saving`).
    look = models.JSONField(default=dict)
    # The result for the file's images (see `cards.importing.images`).
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
        """The folder for the data that was read from the file (see `cards.importing.reading.content`)."""
        return drafts_folder() / f"{self.token}.read"

    @property
    def is_csv(self) -> bool:
        return self.file_name.lower().endswith(".csv")

    @property
    def merged(self) -> int:
        """Cards that have arrived in their final deck."""
        return self.added + self.updated + self.unchanged

    @property
    def percent(self) -> int:
        done = self.merged if self.phase == self.Phase.MERGING else self.done
        return 100 * done // self.total if self.total else 0

    def keep(self, *names: str) -> None:
        """Save only these fields. Raises DoesNotExist if the draft was deleted in the meantime."""
        values = {name: getattr(self, name) for name in names}
        if not ImportDraft.objects.filter(pk=self.pk).update(**values):
            raise ImportDraft.DoesNotExist

    def keep_until_begun(self, *names: str) -> None:
        """Save only these fields, unless the import has begun, for example in another tab: then reload the draft.

        Raises DoesNotExist if the draft was deleted in the meantime.
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
