"""Files of each kind, and their import in slices."""

import io
from collections.abc import Callable
from typing import Any

from cards.formats.archive import write_archive
from cards.formats.types import ImageRef, ParsedCard, ParsedDeck, TwinKeys
from cards.importing import running
from cards.importing.drafts import make_draft
from cards.importing.preview import comparing, saving
from cards.models import Deck, ImportDraft
from studysite.accounts.models import User
from studysite.slices import Slice
from tests.cards.formats.packages import CLOZE, note, package
from tests.cards.pictures import png

MOST_REQUESTS = 300
AT = 1_772_000_000_000


def a_text() -> bytes:
    rows = ["Term\tDefinition\tTags", "", "same\ta", "same\tb", "same\tb", "same\tc"]
    rows += ['"two\nlines"\tb\tx; y', "\tonly", "x" * 32_001 + "\ty", "Term 1\tDefinition 1\tz"]
    return "\n".join([*rows, *(f"Term {n}\tanother {n}" for n in range(3))]).encode()


def an_archive() -> bytes:
    file = io.BytesIO()
    cards = [ParsedCard(f"Term {n}", "$x$", key=f"k{n}", tags=("a", f"t{n % 2}")) for n in range(7)]
    cards[3].term_images = (ImageRef("flag.png", "A flag"), ImageRef("gone.png"))
    said = {
        "mode": "spaced",
        "side": "definition",
        "kind": "flip",
        "evidence": "recall",
        "verdict": "correct",
    }
    said |= {"rating": 3, "study_day": "2026-01-01"}
    records = {
        "reviews": [
            {"card": f"k{n}", **said, "reviewed_at": f"2026-01-01T10:0{minute}:00+00:00"}
            for n in (1, 2, 5)
            for minute in range(3)
        ],
        "marks": [{"card": f"k{n}", "side": "definition", "starred": True} for n in (2, 6)],
        "settings": [{"strict": True}],
    }
    twins = [TwinKeys(f"k{n}", f"k{n + 1}", n % 2 == 0) for n in range(5)]
    images = {"flag.png": png("red"), "gone.png": b"no image"}
    deck = ParsedDeck((), title="T", description="d")
    write_archive(file, deck=deck, cards=cards, twins=twins, records=records, read_image=images.__getitem__)
    return file.getvalue()


def a_package(*, new: bool = True) -> bytes:
    learned = {"type": 2, "queue": 2, "due": 800, "ivl": 9}
    notes = [
        note([f"Term {n}", f"a {n}"], guid=f"k{n}", tags=f"x t{n % 2}", deck=1 + n % 2, **learned)
        for n in range(5)
    ]
    notes += [
        note(["{{c1::one}} {{c2::two}}", ""], kind=CLOZE, ords=[0, 1]),
        note(["Term 1", "a 1"], guid="k1"),
    ]
    reviews = [
        (10 * n, AT + 1000 * n + 86_400_000 * day, 3, 4, 900, 1) for n in range(1, 6) for day in range(3)
    ]
    return package(notes, new=new, reviews=reviews)


FILES: dict[str, Callable[[], bytes]] = {
    "text": a_text,
    "archive": an_archive,
    "new package": a_package,
    "old package": lambda: a_package(new=False),
}


def a_draft(owner: User, kind: str, deck: Deck | None = None, **options: Any) -> ImportDraft:
    draft = make_draft(owner=owner, content=io.BytesIO(FILES[kind]()), file_name="x", deck=deck)
    draft.options |= options
    draft.save()
    return draft


def again(draft: ImportDraft) -> ImportDraft:
    """Loaded again, as another request sees it."""
    return ImportDraft.objects.select_related("owner", "deck__owner", "staging__owner").get(pk=draft.pk)


def preview_in_slices(draft: ImportDraft) -> comparing.Preview:
    for _ in range(MOST_REQUESTS):
        if preview := saving.prepare(again(draft), Slice(0)):
            return preview
    raise AssertionError("It never ends.")


def import_in_slices(draft: ImportDraft) -> Deck:
    running.begin(draft=(draft := again(draft)), preview=preview_in_slices(draft), title="x")
    for _ in range(MOST_REQUESTS):
        if running.run(draft=again(draft), seconds=0):
            deck = again(draft).deck
            assert deck is not None
            return deck
    raise AssertionError("It never ends.")


def prepared(draft: ImportDraft) -> comparing.Preview:
    """The preview as the pages show it, made in slices of the usual length."""
    for _ in range(MOST_REQUESTS):
        if preview := saving.prepare(draft, Slice()):
            return preview
    raise AssertionError("It never ends.")
