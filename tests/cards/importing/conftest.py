"""Slices of an import that are as small as possible."""

import pytest


@pytest.fixture
def minimal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request and each transaction does as little as possible."""
    monkeypatch.setattr("studysite.slices.SECONDS", 0.0)
    monkeypatch.setattr("studysite.slices.OF_A_TRANSACTION", 0.0)
    for module in ("writing", "merging", "preview.comparing"):
        monkeypatch.setattr(f"cards.importing.{module}.CHUNK", 2)
    monkeypatch.setattr("cards.importing.preview.comparing.SIDES_AT_ONCE", 2)
    monkeypatch.setattr("cards.importing.drafts.DROPPED_AT_ONCE", 2)
    monkeypatch.setattr("cards.formats.anki.history.COPIED", 2)
    monkeypatch.setattr("sessions_app.review_log.importing.CARDS_AT_ONCE", 1)
