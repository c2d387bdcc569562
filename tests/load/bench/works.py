"""The requests that are measured. The same ones go to the site and to its floor: both have the same forms."""

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.load.browser import HTMX, Answer, Browser

STALE = "already answered that card"
HIDDEN = re.compile(r'<input type="hidden" name="([\w-]+)" value="(\d+)"')
CHOICES = re.compile(r'name="(q\d+)-option"')
RATINGS = (1, 3, 3, 4)
QUESTIONS = 20
"""Of a test that is handed in."""


class FailedError(Exception):
    """A request was not answered as it should be."""


@dataclass
class Pupil:
    """One learner in one browser, who does one kind of work in a deck.

    ``written`` counts what the server has acknowledged, by the kind of its rows. ``steps`` are the answered
    questions, by the key that the log has them under.
    """

    browser: Browser
    deck: str
    number: int = 0
    page: str = ""
    written: Counter[str] = field(default_factory=Counter)
    steps: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.number)

    def begin(self) -> None:
        """Do what has to be done once, before the time is taken."""

    def next(self) -> Callable[[], Answer] | None:
        """Prepare the next request, which is then timed; None if there is nothing left to do."""
        raise NotImplementedError

    def take(self, answer: Answer) -> None:
        """Note what the server has acknowledged. Raises FailedError if it has refused."""
        raise NotImplementedError

    @property
    def path(self) -> str:
        return f"/decks/{self.deck}/"


def expect(answer: Answer, status: int = 200) -> Answer:
    if answer.status != status:
        raise FailedError(f"status {answer.status}, not {status}")
    return answer


def fields_in(page: str, form: str) -> dict[str, str]:
    """The hidden numbers of a form, by name; empty if the page has no such form."""
    _, is_there, after = page.partition(f'id="{form}"')
    return dict(HIDDEN.findall(after.partition("</form>")[0])) if is_there else {}


class Answers(Pupil):
    """Answers one question after another, and begins again where nothing is left."""

    mode = "spaced"

    def response(self) -> dict[str, object]:
        return {"rating": self.chance.choice(RATINGS)}

    def begin(self) -> None:
        """Begin a session; the next one with cards that are not due yet."""
        for queue in ("due", "ahead", "weakest"):
            form = {"new_per_day": 999, "queue": queue}
            self.page = expect(self.browser.post(f"{self.path}{self.mode}/", form)).text
            if fields_in(self.page, "answer-form"):
                return
        raise FailedError("no question is left")

    def next(self) -> Callable[[], Answer]:
        if not fields_in(self.page, "answer-form"):
            # After feedback, as its button does.
            self.page = expect(self.browser.get(f"{self.path}{self.mode}/", HTMX)).text
        if not (fields := fields_in(self.page, "answer-form")):
            self.begin()
            fields = fields_in(self.page, "answer-form")
        self.sent, form = int(fields["step"]), {**fields, **self.response()}
        return lambda: self.browser.post(f"{self.path}{self.mode}/answer/", form)

    def take(self, answer: Answer) -> None:
        self.page = expect(answer).text
        if STALE in self.page:
            raise FailedError("the answer was refused as stale")
        self.written["reviews"] += 1
        self.steps.append(self.sent)


class DoesNotKnow(Answers):
    """Answers in Learn, always with "Don't know", so that the session goes on."""

    mode = "learn"

    def response(self) -> dict[str, object]:
        return {"unknown": 1}


class Asks(Pupil):
    """Opens the page with the open question."""

    def begin(self) -> None:
        expect(self.browser.post(f"{self.path}spaced/", {"new_per_day": 999, "queue": "due"}))

    def next(self) -> Callable[[], Answer]:
        return lambda: self.browser.get(f"{self.path}spaced/")

    def take(self, answer: Answer) -> None:
        if not fields_in(expect(answer).text, "answer-form"):
            raise FailedError("no question on the page")


class TakesTest(Pupil):
    """A learner with an open test of multiple choice questions."""

    def begin(self) -> None:
        form = {"questions": QUESTIONS, "kinds": "choice"}
        expect(self.browser.post(self.path + "test/", form, headers={}), 302)
        self.page = expect(self.browser.get(self.path + "test/")).text
        self.paper = dict(HIDDEN.findall(self.page))["paper"]
        self.questions = sorted(set(CHOICES.findall(self.page)))
        if len(self.questions) != QUESTIONS:
            raise FailedError(f"a test of {len(self.questions)} questions")


class Saves(TakesTest):
    """Saves one answer after another on the same test."""

    revision = 0

    def next(self) -> Callable[[], Answer]:
        self.revision += 1
        question, option = self.questions[self.revision % QUESTIONS], self.revision % 3
        form = {"paper": self.paper, f"{question}-option": option, f"{question}-revision": self.revision}
        return lambda: self.browser.post(self.path + "test/save/", form, {**HTMX, "HX-Target": "paper-bar"})

    def take(self, answer: Answer) -> None:
        if expect(answer).headers.get("Paper-Revision") != str(self.revision):
            raise FailedError("the answer was not saved")
        # The revision of a question is the number of the learner's last save of it.
        self.written["saves"] = self.revision


class HandsIn(TakesTest):
    """Hands in the test, once."""

    is_done = False

    def next(self) -> Callable[[], Answer] | None:
        if self.is_done:
            return None
        form: dict[str, object] = {"paper": self.paper}
        for question in self.questions:
            form |= {f"{question}-option": self.chance.randrange(4), f"{question}-revision": 1}
        return lambda: self.browser.post(self.path + "test/hand-in/", form, headers={})

    def take(self, answer: Answer) -> None:
        expect(answer, 302)
        self.is_done = True
        self.written.update(reviews=QUESTIONS, saves=1)


class Matches(Pupil):
    """Tries pairs on a board of Matching: each term with its own number, right or wrong, until it is found."""

    def begin(self) -> None:
        expect(self.browser.post(self.path + "matching/", {"untimed": "on"}, headers={}), 302)
        self.page = expect(self.browser.get(self.path + "matching/")).text

    def next(self) -> Callable[[], Answer] | None:
        if not (fields := fields_in(self.page, "answer-form")):
            return None
        tiles = {
            side: re.findall(rf'name="{side}" value="(\d+)"', self.page) for side in ("term", "definition")
        }
        form = {**fields, **{side: self.chance.choice(numbers) for side, numbers in tiles.items()}}
        self.revision = int(fields["revision"])
        return lambda: self.browser.post(self.path + "matching/answer/", form)

    def take(self, answer: Answer) -> None:
        self.page = expect(answer).text
        after = fields_in(self.page, "answer-form")
        if after and int(after["revision"]) != self.revision + 1:
            raise FailedError("the pair was refused as stale")
        self.written["tries"] += 1


@dataclass
class Reads(Pupil):
    """Opens a page again and again; ``part`` is what htmx asks for, and ``holds`` is on the page."""

    address: str = ""
    part: str = ""
    holds: str = ""

    def next(self) -> Callable[[], Answer]:
        headers = {**HTMX, "HX-Target": self.part} if self.part else {}
        address = self.address.format(deck=self.deck)
        return lambda: self.browser.get(address, headers)

    def take(self, answer: Answer) -> None:
        if self.holds.format(deck=self.deck) not in expect(answer).text:
            raise FailedError(f"{self.address} does not show {self.holds}")


class Tags(Pupil):
    """Adds a tag to all cards of a deck, and removes it again."""

    cards = 1_000
    is_tagged = False

    def next(self) -> Callable[[], Answer]:
        form = {"do": "untag" if self.is_tagged else "tag", "name": f"Mine {self.number}", "all": "on"}
        return lambda: self.browser.post(self.path + "tags/", form, {**HTMX, "HX-Target": "selection"})

    def take(self, answer: Answer) -> None:
        expect(answer)
        self.is_tagged = not self.is_tagged
        self.written["tagged"] += self.cards if self.is_tagged else -self.cards


def reads(address: str, holds: str, part: str = "") -> Callable[..., Reads]:
    def make(*given: object) -> Reads:
        return Reads(*given, address=address, holds=holds, part=part)  # type: ignore[arg-type]

    return make


@dataclass(frozen=True)
class Work:
    """One row of the table: who does what in which deck.

    ``each`` is how many accounts a client uses one after another, where one has soon nothing left to do. ``most``
    is the most clients at once.
    """

    name: str
    deck: str
    pupil: Callable[..., Pupil]
    each: int = 1
    most: int = 1_000
    is_quick: bool = False
    as_owner: bool = False
    # Also measured with 32 learners, and on PostgreSQL.
    with_many: bool = False
    on_postgres: bool = False


WORKS = (
    Work("answer in Spaced, 46 cards", "spaced-46", Answers, is_quick=True, on_postgres=True),
    Work(
        "answer in Spaced, 1,000 cards",
        "spaced-1000",
        Answers,
        is_quick=True,
        with_many=True,
        on_postgres=True,
    ),
    Work("answer in Spaced, 10,000 cards", "spaced-10000", Answers),
    Work("answer in Spaced, 100,000 cards", "spaced-100000", Answers),
    Work(
        "answer in Learn, 46 cards", "learn-46", DoesNotKnow, is_quick=True, with_many=True, on_postgres=True
    ),
    Work("answer in Learn, 1,000 cards", "learn-1000", DoesNotKnow),
    Work("save an answer of a test", "save-46", Saves, on_postgres=True),
    Work("hand in a test of 20", "hand-in-46", HandsIn, each=4, on_postgres=True),
    Work("a pair in Matching", "matching-46", Matches, each=4, on_postgres=True),
    Work("next question, 1,000 cards", "asks-1000", Asks, is_quick=True),
    Work("deck page, 1,000 cards", "asks-1000", reads("/decks/{deck}/", 'id="terms"'), is_quick=True),
    Work("home", "asks-1000", reads("/", "/decks/{deck}/")),
    Work(
        "page 2 of the table, 1,000 cards", "asks-1000", reads("/decks/{deck}/?page=2", 'id="terms"', "terms")
    ),
    Work("editor, 1,000 cards", "asks-1000", reads("/decks/{deck}/edit/", "textarea"), as_owner=True),
    Work("tags page, 1,000 cards", "asks-1000", reads("/decks/{deck}/tags/", "checkbox"), as_owner=True),
    Work("tag 1,000 cards", "tagged-1000", Tags, most=1),
)


def work_named(name: str) -> Work:
    return next(work for work in WORKS if work.name == name)
