"""With Anki itself, if its package is installed: a collection of Anki's, imported here, goes back to it."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cards.exporting import services as exporting
from sessions_app.models import CardProgress, Review
from studysite.accounts.models import User
from tests.sessions_app.review_log.test_importing import import_file

pytest.importorskip("anki", reason="Anki's package is installed by hand: pip install anki")
from tests.cards.formats.test_anki_itself import export_all, imported_shown

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Auckland"])
def test_collection_of_anki_goes_back_to_anki(learner: User, tmp_path: Path, zone: str) -> None:
    exported = export_all(tmp_path)
    learner.time_zone = zone
    learner.save()
    before = {(card["guid"], card["ord"]): card for card in json.loads((exported / "shown.json").read_text())}
    deck = import_file(learner, (exported / "new.apkg").read_bytes())
    two_way = deck.cards.get(term="Hund")
    assert (two_way.studied_side, deck.two_sided_count) == ("both", 1)
    assert set(CardProgress.objects.filter(card=two_way).values_list("side", "suspended")) == {
        ("definition", False),
        ("term", True),
    }
    assert Review.objects.filter(card=two_way).count() == 6

    file = io.BytesIO()
    exporting.write("anki", file, deck, learner, now=timezone.now(), history=True)
    (tmp_path / "back.apkg").write_bytes(file.getvalue())
    after = imported_shown(tmp_path / "other.anki2", tmp_path / "back.apkg")
    same = [card for card in after if (card["guid"], card["ord"]) in before]
    # A second cloze deletion is a card of its own here.
    assert (len(same), len(after)) == (7, 8)
    for card in same:
        was = before[card["guid"], card["ord"]]
        assert [card[name] for name in ("reviews", "suspended")] == [
            was[name] for name in ("reviews", "suspended")
        ]
        assert card["stability"] == pytest.approx(was["stability"], abs=0.01)
        # An instant on the due day, which depends on the time at which it was asked for.
        assert card["due"] == pytest.approx(was["due"], abs=timedelta(hours=1).total_seconds())
