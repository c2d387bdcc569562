"""The cost of small files that repeat one thing many times: uploaded, previewed and imported.

    python -m tests.load.repeated_imports            # all kinds
    python -m tests.load.repeated_imports twins      # one of them; by a person with an account: --account

Each kind has a process and a database of its own. Prints its size, the processor time of each request, by how much
the process grew, how many cards were written, and what its guest was told. Ends with 1 above a bound, or where the
cards are neither those of the preview nor, of a file that is refused, none.
"""

import argparse
import atexit
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.load.written import NotWrittenError, expect

MOST_SECONDS, MOST_MEGABYTES = 1.0, 300
"""For a guest, and for each request: processor time, and by how much the process may grow."""

AT = "2026-01-01T10:00:00+00:00"


def archive(cards: Iterable[dict], **records: Iterable[dict]) -> bytes:
    """An archive of this site; ``records`` are its other members of lines, ``twins`` or those of a learner."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "deck.json", json.dumps({"format": "studysite-deck", "version": 1, "title": "Repeated"})
        )
        members = {"cards.jsonl": cards} | {
            f"{'' if name == 'twins' else 'records/'}{name}.jsonl": lines for name, lines in records.items()
        }
        for name, lines in members.items():
            with package.open(name, "w", force_zip64=True) as member:
                for line in lines:
                    member.write(json.dumps(line).encode() + b"\n")
    return file.getvalue()


def card(number: int, **more: object) -> dict:
    return {"key": f"key {number}", "term": f"Term {number}", "definition": "d", **more}


def review(number: int, second: int = 0) -> dict:
    at = f"2026-01-01T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}+00:00"
    answer = {"card": f"key {number}", "mode": "spaced", "side": "term", "kind": "flip", "evidence": "recall"}
    return {**answer, "verdict": "correct", "rating": 3, "reviewed_at": at, "study_day": "2026-01-01"}


def answers_of_one() -> bytes:
    return archive([card(0)], reviews=(review(0, n) for n in range(300_000)))


def answers_by_turns() -> bytes:
    return archive([card(0), card(1)], reviews=(review(n % 2, n) for n in range(50_000)))


def empty_answers() -> bytes:
    return archive([card(0)], reviews=({} for _ in range(20_000_000)))


def marks() -> bytes:
    line = {"card": "key 0", "side": "term", "starred": True}
    return archive([card(0)], marks=(line for _ in range(2_000_000)))


def twins() -> bytes:
    return archive([card(0), card(1)], twins=({"cards": ["key 0", "key 1"]} for _ in range(2_500_000)))


def the_same_card() -> bytes:
    return archive(card(0) for _ in range(1_500_000))


def tags() -> bytes:
    names = [f"tag {n}" for n in range(1_000)]
    return archive(card(n, tags=names) for n in range(2_000))


def other_tags() -> bytes:
    return archive(card(n, tags=[f"tag {n} {m}" for m in range(50)]) for n in range(6_000))


def accepted() -> bytes:
    texts = ["a" * 20] * 20_000
    return archive(card(n, accepted_terms=texts, wrong_definitions=texts) for n in range(100))


def images() -> bytes:
    names = [{"name": f"{n}.png"} for n in range(20_000)]
    return archive(card(n, term_images=names) for n in range(30))


def anki_notes() -> bytes:
    return anki(
        "INSERT INTO notes SELECT n, 'g' || n, 1, '', 'a' || char(31) || 'b' FROM many", CARDS, count=190_000
    )


def anki_answers() -> bytes:
    return anki(
        "INSERT INTO revlog SELECT 1500000000000 + n, 10, 1, 3, 1, 1, 1, 1000, 1 FROM many", count=800_000
    )


def anki_tags() -> bytes:
    tags = " ".join(f"tag{n}" for n in range(60_000))
    return anki(
        f"INSERT INTO notes SELECT n, 'g' || n, 1, '{tags}', 'a' || char(31) || 'b' FROM many",
        CARDS,
        count=100,
    )


def anki_html() -> bytes:
    html = "<b><i>x</i></b>" * 300
    return anki(
        f"INSERT INTO notes SELECT n, 'g' || n, 1, '', '{html}' || char(31) || 'b' FROM many",
        CARDS,
        count=4_000,
    )


CARDS = (
    """INSERT INTO cards SELECT id * 10, id, 1, 0, 0, 0, id, 0, 0, 0, 0, 0, '{}' FROM notes WHERE id > 1"""
)


def anki(*statements: str, count: int) -> bytes:
    """A package with one note, and what ``statements`` make of the numbers of ``many``."""
    from tests.cards.formats.packages import note, package

    numbers = f"WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n LIMIT {count}) SELECT n FROM n"
    extra = "; ".join((f"CREATE TEMP TABLE many AS {numbers}", *statements, ""))
    return package([note(["q", "a"])], extra=extra)


def csv_rows() -> bytes:
    return b"a,b\n" * 499_999


def quotation_marks() -> bytes:
    return b'"' * 1_900_000


def html_rows() -> bytes:
    return b"#html:true\n#separator:tab\n" + (b"<b><i><u>x</u></i></b>" * 400 + b"\ty\n") * 200


KINDS: dict[str, Callable[[], bytes]] = {
    make.__name__: make
    for make in (
        *(
            answers_of_one,
            answers_by_turns,
            empty_answers,
            marks,
            twins,
            the_same_card,
            tags,
            other_tags,
            accepted,
        ),
        *(images, anki_notes, anki_answers, anki_tags, anki_html, csv_rows, quotation_marks, html_rows),
    )
}


def megabytes() -> float:
    """The most memory that this process has held so far."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def requests_of(data: bytes, *, has_account: bool) -> Iterator[tuple[str, float, str]]:
    """What each request was for, its processor time, and what was said."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import Client
    from django.test.utils import setup_test_environment

    from cards.models import Card, ImportDraft
    from studysite.accounts.models import User

    # So that responses have the context of their templates.
    setup_test_environment()
    client = Client()
    if has_account:
        client.force_login(User.objects.create_user("import@example.org", name="Ida Import"))
    # Memory that the first request loads is not growth with the file.
    client.get("/import/")

    def timed(what: str, ask: Callable[[], object]) -> tuple[str, float, str]:
        started = time.process_time()
        page = str(getattr(ask(), "text", ""))
        said = [line.strip() for line in page.splitlines() if "errorlist" in line or "message error" in line]
        return what, time.process_time() - started, " ".join(said)

    there = Card.objects.count()
    file = SimpleUploadedFile("cards.apkg" if b"collection" in data[:9_999] else "cards.txt", data)
    yield timed("hand in", lambda: client.post("/import/", {"text": "", "file": file}))
    draft = ImportDraft.objects.first()
    if draft is None:
        expect("cards of a file that was refused", sent=0, written=Card.objects.count() - there)
        return
    address = draft.get_absolute_url()
    yield timed("look", lambda: client.get(address))
    page = client.get(address)
    while page.context and "options" not in page.context:
        yield timed("read on", lambda: client.post(f"{address}go-on/"))
        page = client.get(address)
    forms = (page.context["options"], page.context["into"]) if page.context else ()
    shown = {field.html_name: field.value() for form in forms for field in form if field.value()}
    yield timed("look again", lambda: client.get(address))
    yield timed("import", lambda: client.post(address, {**shown, "do": "import"}))
    for _ in range(3):
        draft.refresh_from_db()
        if draft.phase in (ImportDraft.Phase.CARDS, ImportDraft.Phase.HISTORY):
            yield timed("go on", lambda: client.post(f"{address}go-on/"))
    draft.refresh_from_db()
    expect("cards", sent=promised(draft, page.context), written=Card.objects.count() - there)


def promised(draft, preview) -> int:
    """How many cards there must be: all of the preview when they are written, none of a refused file."""
    if draft.phase == draft.Phase.CARDS:
        return draft.done
    look = preview["look"] if preview and "look" in preview else None
    return look.total if look else 0


def measure(kind: str, *, has_account: bool) -> None:
    """Print a line for a kind; ends with 1 where it takes too much."""
    from studysite.server.prepare import prepare, start_django

    folder = tempfile.mkdtemp(prefix="studysite-repeated-")
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {"DATA_DIR": folder, "LOG_LEVEL": "ERROR"}
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    start_django()
    prepare()
    data = subprocess.run(
        [sys.executable, "-m", "tests.load.repeated_imports", kind, "--make"], check=True, capture_output=True
    ).stdout
    from cards.models import Card

    there, before, taken, told = Card.objects.count(), megabytes(), [], ""
    for what, seconds, said in requests_of(data, has_account=has_account):
        taken.append(f"{what} {seconds:.1f} s")
        told = said or told
        if seconds > MOST_SECONDS:
            taken[-1] += " (!)"
    grown = megabytes() - before
    written = f"{Card.objects.count() - there:,} cards written"
    print(
        f"{kind}: {len(data) // 1024:,} KB; {', '.join(taken)}; {grown:.0f} MB; {written}. {told[:200]}",
        flush=True,
    )
    if not has_account and (any("!" in one for one in taken) or grown > MOST_MEGABYTES):
        sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", nargs="?", choices=KINDS)
    parser.add_argument("--account", action="store_true")
    parser.add_argument("--make", action="store_true", help="write the file to standard output")
    chosen = parser.parse_args()
    if chosen.make:
        sys.stdout.buffer.write(KINDS[chosen.kind]())
    elif chosen.kind:
        try:
            measure(chosen.kind, has_account=chosen.account)
        except NotWrittenError as error:
            sys.exit(f"{chosen.kind}: {error}")
    else:
        more = ["--account"] if chosen.account else []
        command = [sys.executable, "-m", "tests.load.repeated_imports"]
        codes = [subprocess.run([*command, kind, *more], check=False).returncode for kind in KINDS]
        sys.exit(max(map(abs, codes)))


if __name__ == "__main__":
    main()
