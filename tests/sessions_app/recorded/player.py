"""Plays a scripted sitting through the site's pages, and writes down what the learner is asked.

Every line of a record is one thing that happened:

    start learn size 46, 46 cards
    ask spaced 12 flip c7 definition review L2 early q=1f3a       a question that was drawn (`Player.look`)
    right -> feedback 3 2                                         what the learner did, and the page that followed
    line c7 definition correct 3 learner gap 5                    a line that was added to the log
    now c7 definition L2/2 review due 03-05 s=2.31 d=5.1          the progress on its card afterwards
"""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from importlib import import_module
from random import Random, SystemRandom
from typing import Any
from unittest.mock import patch

import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse

from cards.models import Card, Deck
from sessions_app.models import CardProgress, DayTotal, Enrollment, Review, Step, StudySession
from sessions_app.study.questions.grading import lines_of
from sessions_app.study.questions.types import Question
from sessions_app.study.types import Kind, State
from studysite.accounts.models import User

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HTMX = {"HX-Request": "true", "HX-Target": "question"}
COUNTS = re.compile(r'class="study-counts">(.*?)</p>', re.DOTALL)
START = re.compile(r'id="start-form".*?<p>(.*?)</p>', re.DOTALL)
GO_ON = re.compile(r'id="go-on"[^>]* href="([^"]*)"')
TAG = re.compile(r"<[^>]*>")
NUMBER = re.compile(r"\d+")
SAID = ("right", "right", "right", "right", "wrong", "wrong", "unknown", "slip")
"""What a learner of Learn says, each as likely as it is often here."""


@contextmanager
def fixed_seeds(name: str) -> Iterator[None]:
    """Give every session that starts a seed that depends only on ``name`` and on how many started before."""
    seeds = Random(name)

    class Seeds(SystemRandom):
        def getrandbits(self, bits: int) -> int:
            return seeds.getrandbits(bits)

    # The site is loaded by then, also if one test runs alone.
    import_module(settings.ROOT_URLCONF)
    modules = [module for path, module in sorted(sys.modules.items()) if path.startswith("sessions_app.")]
    patches = [patch.object(each, "SystemRandom", Seeds) for each in modules if hasattr(each, "SystemRandom")]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


class Player:
    """A learner's browser with its own clock.

    ``lines`` is the record. ``chance`` decides what the learner does.
    """

    def __init__(self, name: str, owner: User, learner: User | None = None) -> None:
        self.owner, self.learner = owner, learner
        self.now, self.chance, self.client = NOON, Random(name), Client()
        self.lines: list[str] = []
        self.keys: dict[int, str] = {}
        self.last_line, self.last_step = 0, 0
        if learner:
            self.client.force_login(learner)

    # --- The clock and the browser

    def wait(self, **time: float) -> None:
        """Let time pass; after a day or more the learner signs in again."""
        self.now += timedelta(**time)
        if self.learner and timedelta(**time) >= timedelta(days=1):
            with self.at():
                self.client.force_login(self.learner)

    def at(self) -> Any:
        return time_machine.travel(self.now, tick=False)

    def get(self, address: str, *, htmx: bool = True) -> Any:
        with self.at():
            return self.client.get(address, headers=HTMX if htmx else {})

    def post(self, address: str, data: Mapping[str, object], *, htmx: bool = True) -> Any:
        with self.at():
            response = self.client.post(address, data, headers=HTMX if htmx else {})
        if response.status_code == 302:
            return self.get(response.url, htmx=False)
        return response

    # --- A session of Learn or Spaced

    def start(self, deck: Deck, mode: str, **choices: object) -> None:
        """Start a session, or go on with an open one; ``start_anew`` posts the page's form instead."""
        self.note_start(deck, mode, choices, choices)

    def start_anew(self, deck: Deck, mode: str, **choices: object) -> None:
        """Post the form that starts a session: what ``choices`` leave out is unticked, and an open one ends."""
        self.note_start(deck, mode, choices, {"has_settings": "on"} | choices)

    def note_start(
        self, deck: Deck, mode: str, choices: Mapping[str, object], data: Mapping[str, object]
    ) -> None:
        response = self.post(reverse("study", args=[deck.slug, mode]), data)
        # The key of a tag is different in each database.
        shown = [name if name == "tag" else f"{name} {value}" for name, value in choices.items()]
        self.note(" ".join(["start", mode, *shown]), response)
        if self.learner is None:
            self.learner = User.objects.get(is_guest=True)
        session = StudySession.objects.filter(learner=self.learner, deck=deck, mode=mode).last()
        if session:
            self.lines.append(f"size {session.settings['size']}, {session.settings['cards_to_ask']} cards")
        self.look(deck, mode)

    def step(self, deck: Deck, mode: str) -> Step | None:
        """The open question."""
        steps = Step.objects.unanswered().filter(session__learner=self.learner, session__finished_at=None)
        return steps.filter(session__deck=deck, session__mode=mode).select_related("session").first()

    def answer(self, deck: Deck, mode: str, said: str, *, htmx: bool = True) -> bool:
        """Answer the open question: ``said`` is right, wrong, unknown, slip, or a rating of 1 to 4.

        Returns whether there was one.
        """
        step = self.step(deck, mode)
        if step is None:
            return False
        self.wait(seconds=15 + self.chance.randrange(20))
        address = reverse("study_answer", args=[deck.slug, mode])
        for response in self.responses(step, said):
            page = self.post(address, {"step": step.pk} | response, htmx=htmx)
            self.note(f"{said} {'typed' if 'typed' in response else ''}".strip(), page)
            step.refresh_from_db()
            if step.answered_at:
                break
        self.look(deck, mode)
        found = GO_ON.search(page.content.decode())
        if found and "round=" in found[1]:
            self.note("round", self.get(found[1].replace("&amp;", "&")))
        return True

    def responses(self, step: Step, said: str) -> list[dict[str, object]]:
        """The posts with which the learner answers; the last ones only if the question is still open."""
        question = Question.from_json(step.question)
        if said.isdigit():
            typed = {"typed": question.answer if said in "34" else "swan"}
            return [typed, {"rating": said}] if question.kind is Kind.TYPED else [{"rating": said}]
        if said == "unknown":
            return [{"unknown": "1"}]
        response = in_words(question, said)
        return [response, {"verdict": "correct" if said == "slip" else "wrong", "held": "yes"}]

    def answer_twice(self, deck: Deck, mode: str) -> None:
        """Post the answer to a question that is no longer open."""
        before = self.last_step
        self.answer(deck, mode, "3" if mode == "spaced" else "unknown")
        data = {"step": before, "rating": "1", "unknown": "1"}
        self.note("late", self.post(reverse("study_answer", args=[deck.slug, mode]), data))
        self.look(deck, mode)

    def study(self, deck: Deck, mode: str, answers: int, *, htmx: bool = True) -> None:
        """Give at most so many answers by chance."""
        for _ in range(answers):
            said = self.chance.choice("1233334") if mode == "spaced" else self.chance.choice(SAID)
            if not self.answer(deck, mode, said, htmx=htmx):
                break

    def undo(self, deck: Deck, mode: str, times: int = 1) -> None:
        for _ in range(times):
            answered = Step.objects.standing().exclude(answered_at=None).filter(on_paper=False)
            answered = answered.filter(session__learner=self.learner, session__deck=deck, session__mode=mode)
            step = answered.order_by("session", "position").last()
            assert step is not None
            self.note("undo", self.post(reverse("study_undo", args=[deck.slug, mode]), {"step": step.pk}))
            self.progress_now(step.card_id, step.question["side"])
            self.look(deck, mode)

    def aside(self, deck: Deck, mode: str, mark: str) -> None:
        """Suspend or bury the card of the open question."""
        step = self.step(deck, mode)
        assert step is not None
        data = {"step": step.pk, "mark": mark}
        self.note(mark, self.post(reverse("study_aside", args=[deck.slug, mode]), data))
        self.look(deck, mode)

    def instead(self, deck: Deck, mode: str = "learn") -> None:
        step = self.step(deck, mode)
        assert step is not None
        self.note("instead", self.post(reverse("study_instead", args=[deck.slug, mode]), {"step": step.pk}))
        self.look(deck, mode)

    def override(self, verdict: str) -> None:
        """Change the verdict on the last answer."""
        line = Review.objects.standing().filter(learner=self.learner).latest("pk")
        data = {"verdict": verdict, "next": reverse("study", args=[line.deck.slug, line.mode])}
        self.note(f"was {verdict}", self.post(reverse("review_override", args=[line.pk]), data, htmx=False))

    def mark(self, deck: Deck, key: str, mark: str, *, on: bool = True) -> None:
        card = deck.cards.get(key=key)
        data = {"mark": mark} | ({"on": "on"} if on else {})
        self.post(reverse("card_mark", args=[deck.slug, card.pk]), data)
        self.lines.append(f"{mark} {key} {on}")

    def settings(self, deck: Deck, **fields: object) -> None:
        """Save the learner's settings for the deck."""
        values = {"new_per_day": 20, "percent": 90, "side_choice": "auto", "learn_ahead": 20} | fields
        self.note(
            f"settings {fields}", self.post(reverse("deck_settings", args=[deck.slug]), values, htmx=False)
        )

    def finish(self, deck: Deck, mode: str) -> None:
        self.note("finish", self.post(reverse("study_finish", args=[deck.slug, mode]), {}))

    # --- The record

    def note(self, did: str, response: Any) -> None:
        """Write down what the learner did, which page followed, and what was added to the log."""
        page = response.content.decode()
        self.lines.append(f"{did} -> {kind_of(response.status_code, page)}")
        if self.learner is None:
            return
        added = Review.objects.filter(learner=self.learner, pk__gt=self.last_line).order_by("pk")
        for line in added.select_related("mistaken_for"):
            self.last_line = line.pk
            mistaken = f" taken for {line.mistaken_for.key}" if line.mistaken_for else ""
            said = f"{line.verdict} {line.rating or ''} {line.judged_by} gap {line.gap}/{line.gap_needed}"
            self.lines.append(
                f"line {self.key(line.card_id)} {line.side} {said} {line.study_day:%m-%d}{mistaken}"
            )
            self.progress_now(line.card_id, line.side)

    def progress_now(self, card_id: int | None, side: str) -> None:
        row = CardProgress.objects.filter(learner=self.learner, card=card_id, side=side).first()
        self.lines.append(f"now {self.key(card_id)} {described(row)}")

    def look(self, deck: Deck, mode: str) -> None:
        """Write down the open question, if it was not written down before."""
        step = self.step(deck, mode)
        if step is None:
            self.last_step = 0
            self.lines.append(f"nothing in {mode}")
        elif step.pk != self.last_step:
            self.last_step = step.pk
            row = CardProgress.objects.filter(
                learner=self.learner, card=step.card_id, side=step.question["side"]
            )
            due = row.values_list("due", flat=True).first()
            early = " early" if step.origin == "learning" and due and due > self.now else ""
            self.lines.append(f"ask {mode} {step.position} {self.question(step)} L{step.level}{early}")

    def question(self, step: Step) -> str:
        """What a step asks: its kind, card, side and origin, its round and options, and a digest of its texts."""
        asked = step.question
        card = self.key(asked["card"]) if asked["card"] else "-"
        parts = [asked["kind"], card, asked["side"], asked["origin"]]
        if asked.get("round"):
            plan = ",".join(
                f"{self.key(one[0])}{one[1][0]}" for one in map(plan_entry, asked.get("plan", ()))
            )
            parts.append(f"round {asked['round']} of {plan}")
        if asked.get("cards"):
            parts.append(f"cards {','.join(map(self.key, asked['cards']))}")
        cards = asked.get("option_cards") or [0] * len(asked.get("options", ()))
        options = [
            self.key(card) if card else digest(text)
            for card, text in zip(cards, asked.get("options", ()), strict=True)
        ]
        if options:
            parts.append(f"options {','.join(options)}")
        texts = [asked["prompt"], asked["answer"], asked.get("strict", False), *asked.get("prompts", ())]
        texts += [sorted(asked.get(name, ())) for name in ("options", "accepted", "others", "twins")]
        return " ".join([*parts, f"q={digest(texts)}"])

    def key(self, card_id: int | None) -> str:
        """A card's key in its deck: primary keys are different in each database."""
        if card_id not in self.keys:
            self.keys.update(Card.objects.values_list("pk", "key"))
        return self.keys.get(card_id or 0, "-")

    def total(self, deck: Deck) -> None:
        """Write down the learner's counts, days and progress in the deck."""
        enrollment = Enrollment.objects.get(learner=self.learner, deck=deck)
        self.lines.append(f"counts {enrollment.roll_up()}")
        days = DayTotal.objects.filter(learner=self.learner, deck=deck).order_by("study_day")
        self.lines += [
            f"day {day.study_day:%m-%d} {day.answers} {day.introduced} {day.recalls} {day.recalls_right}"
            for day in days
        ]
        rows = CardProgress.objects.filter(learner=self.learner, deck=deck).select_related("card")
        states = sorted(f"{row.card.key} {described(row)}" for row in rows)
        self.lines.append(f"progress on {len(states)}: {digest(states)}")


def plan_entry(entry: Any) -> tuple[int, str]:
    """A question of a round's plan as it is stored."""
    return entry[0], entry[1]


def in_words(question: Question, said: str) -> dict[str, object]:
    """The fields of a right answer (also with a slip), or of a wrong one."""
    is_right = said != "wrong"
    if question.kind is Kind.CHOICE:
        places = [n for n, text in enumerate(question.options) if (text == question.answer) == is_right]
        return {"option": places[0]}
    if question.kind is Kind.TRUE_FALSE:
        return {"truth": "true" if (question.options[0] == question.answer) == is_right else "false"}
    if question.kind is Kind.TYPED:
        if said == "slip":
            return {"typed": question.answer[:-2] + question.answer[-1] + question.answer[-2]}
        return {"typed": question.answer if is_right else sorted(question.others or ("swan",))[0]}
    lines = range(len(lines_of(question.answer)))
    ticked = {f"line-{number}": "on" for number in lines if is_right or number == 0}
    return {"knew": "yes" if is_right else "no"} | (ticked if len(lines) > 1 else {})


def kind_of(status: int, page: str) -> str:
    """Which page it is, with the numbers above the question or of today's cards."""
    if status != 200:
        return str(status)
    verdict = re.search(r'class="feedback (right|wrong|void)"', page)
    kinds = {"start": "start-form", "round": "go-on", "question": "answer-form"}
    kind = next((name for name, mark in kinds.items() if f'id="{mark}"' in page), "page")
    shown = COUNTS.search(page) or START.search(page)
    numbers = NUMBER.findall(TAG.sub(" ", shown[1])) if shown else []
    return " ".join([verdict[1] if verdict else kind, *numbers])


def described(row: CardProgress | None) -> str:
    """A row of progress in a line; numbers with six digits."""
    if row is None:
        return "nothing"
    parts = [row.side, f"L{row.level}/{row.peak}", f"{row.recalls}+{row.misses}-{row.lapses}"]
    if row.state is not None and row.due_day and row.due:
        parts += [State(row.state).name.lower(), f"due {row.due_day:%m-%d}", f"{row.stability:.6g}"]
        parts += [f"{row.difficulty:.6g}"] + ([f"{row.due:%H:%M}"] if row.learning_step is not None else [])
    parts += [name for name in ("starred", "suspended") if getattr(row, name)]
    return " ".join([*parts, f"buried {row.buried_until:%m-%d}"] if row.buried_until else parts)


def digest(value: object) -> str:
    return blake2b(repr(value).encode(), digest_size=4).hexdigest()
