"""What the home page says of a learner's day, and how many queries it takes."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from cards.models import Deck, Visibility
from sessions_app.models import (
    CardProgress,
    DayTotal,
    Enrollment,
    Folder,
    FolderDeck,
    LearnerSettings,
    Review,
)
from sessions_app.today.habit import habit_of
from tests.conftest import client_of
from tests.sessions_app.conftest import NOON, Studying
from tests.sessions_app.today.test_today_start import study_before

pytestmark = pytest.mark.django_db

MOST_FOR_HOME = 12


def panel(client):
    """The text of the panel on the home page; empty without one."""
    found = re.search(r'<section class="panel today".*?</section>', client.get("/").text, re.DOTALL)
    return " ".join(strip_tags(found[0]).split()) if found else ""


def test_visitor_and_new_learner_have_no_panel(client, learner_client, deck):
    assert panel(client) == panel(learner_client) == ""


def test_due_and_new_cards_of_all_decks(learner, learner_client, make_deck):
    for title, cards in (("Biology", 3), ("Chemistry", 2)):
        study_before(learner, make_deck(cards + 4, title=title), cards)
    assert "5 due today, about 2 minutes In 2 decks, Biology first. Start" in panel(learner_client)
    Enrollment.objects.filter(deck__title="Chemistry").update(new_per_day=3)
    assert "5 due and 3 new today" in panel(learner_client)
    CardProgress.objects.update(due_day=timezone.now().date() + timedelta(days=9))
    assert "3 new today, about 2 minutes All in Chemistry. Start" in panel(learner_client)


def test_open_session_continues(learner, learner_client, make_deck):
    deck = make_deck(3, title="Biology")
    study_before(learner, deck, 3)
    learner_client.post("/today/")
    assert "You are in the middle of Biology. Continue" in panel(learner_client)


def test_nothing_due_says_what_comes_next(learner, learner_client, make_deck):
    deck = make_deck(4, title="Biology")
    study_before(learner, deck, 3, days=2)
    CardProgress.objects.update(due_day=timezone.now().date() + timedelta(days=3))
    text = panel(learner_client)
    assert "Nothing is due Next review: 3 cards of Biology, next" in text
    assert "Learn Biology: 0 of 4 learned" in text
    assert "Weakest cards of Biology" in text
    assert "Start" not in text


def test_done_for_today(learner, learner_client, make_deck):
    deck = make_deck(1, title="Biology")
    Enrollment.objects.set_for(learner, deck, new_per_day=1)
    studying = Studying(learner, deck, timezone.now())
    studying.start()
    studying.answer(4)
    assert "Done for today Next review: 1 card of Biology" in panel(learner_client)


def test_every_suggestion_works(learner, learner_client, make_deck):
    deck = make_deck(4, title="Biology")
    study_before(learner, deck, 3)
    CardProgress.objects.update(due_day=timezone.now().date() + timedelta(days=3))
    cards = list(deck.cards.in_order())
    Review.objects.filter(card=cards[0]).update(mistaken_for=cards[1])
    page = learner_client.get("/").text
    for address in (reverse("study", args=[deck.slug, "learn"]), reverse("deck_mixed_up", args=[deck.slug])):
        assert f'href="{address}"' in page
        assert learner_client.get(address).status_code == 200
    weakest = reverse("study", args=[deck.slug, "spaced"])
    learner_client.post(weakest, {"queue": "weakest"})
    assert learner.study_sessions.open().get().settings["queue"] == "weakest"
    assert Enrollment.objects.get(learner=learner, deck=deck).new_per_day == 0
    # Nothing is due, but this session can be continued.
    assert "Nothing else is due You are in the middle of Biology. Continue" in panel(learner_client)


def test_own_deck_that_was_never_studied(owner, make_deck):
    make_deck(3, title="Biology")
    assert "Nothing is due Open a deck and study it." in panel(client_of(owner))


def test_hostile_title_is_escaped(learner, learner_client, make_deck):
    study_before(learner, make_deck(1, title="<script>alert(1)</script>"), 1)
    assert "<script>alert" not in learner_client.get("/").text


def test_badge_posts_to_its_deck(learner, learner_client, make_deck):
    deck = make_deck(2, title="Biology")
    study_before(learner, deck, 2)
    address = reverse("study", args=[deck.slug, "spaced"])
    assert f'action="{address}"' in learner_client.get("/").text
    assert learner_client.post(address)["Location"] == address
    assert learner.study_sessions.open().get().deck == deck


# --- Days


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Asia/Kolkata", "America/Los_Angeles"])
@pytest.mark.parametrize("change", [date(2026, 4, 5), date(2026, 11, 1)])
def test_seven_evenings_are_seven_days(learner, make_deck, zone, change):
    """Also in a week in which the clock is set back, and after midnight."""
    learner.time_zone = zone
    learner.save()
    deck = make_deck(9)

    def local(day, **clock):
        return datetime.combine(day, time(**clock), tzinfo=learner.zone).astimezone(UTC)

    for back in reversed(range(7)):
        studying = Studying(learner, deck, local(change - timedelta(days=back), hour=1, minute=30))
        studying.start(new_limit=1)
        studying.answer(1)
    habit = habit_of(learner, now=local(change, hour=3, minute=59))
    assert habit.week.studied == 7
    assert habit.week.today.date == change - timedelta(days=1)
    assert habit_of(learner, now=local(change, hour=4)).week.studied == 6


def test_changed_time_zone_keeps_the_day(learner, deck):
    learner.time_zone = "Pacific/Auckland"
    learner.save()
    studying = Studying(learner, deck, datetime(2026, 3, 10, 20, tzinfo=UTC))
    studying.start()
    studying.answer(3)
    for zone in ("America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata"):
        learner.time_zone = zone
        habit = habit_of(learner, now=studying.now)
        assert (habit.week.studied, habit.answers, len(habit.week.days)) == (1, 1, 7)


def test_days_count_in_decks_that_are_gone(learner, deck, make_deck):
    DayTotal.objects.create(learner=learner, deck=deck, study_day=NOON.date(), answers=2)
    DayTotal.objects.create(learner=learner, deck=make_deck(1), study_day=NOON.date(), answers=3)
    deck.removed_at = NOON
    deck.save()
    assert habit_of(learner, now=NOON).answers == 5


@pytest.mark.parametrize(
    ("answers", "text", "filled"), [(0, "0 of 5", 0), (4, "4 of 5", 4), (7, "Goal reached: 7", 5)]
)
def test_goal(learner, learner_client, make_deck, answers, text, filled):
    deck = make_deck(1)
    study_before(learner, deck, 1)
    LearnerSettings.objects.create(learner=learner, daily_goal=5)
    with time_machine.travel(NOON + timedelta(days=400), tick=False):
        if answers:
            DayTotal.objects.create(
                learner=learner,
                deck=deck,
                study_day=timezone.localdate(timezone=learner.zone),
                answers=answers,
            )
        page = client_of(learner).get("/").text
    assert f"{text} answers today" in " ".join(strip_tags(page).split())
    assert f'max="5" value="{filled}"' in page


# --- Queries


def queries_of_home(client):
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/").status_code == 200
    return len(captured)


def fill(learner, make_deck, decks):
    """Decks of the learner's own, with due, new, buried and waiting cards, and with reports."""
    for number in range(decks):
        deck = make_deck(4, title=f"Deck {number}")
        study_before(learner, deck, 3)
        Enrollment.objects.set_for(
            learner, deck, new_per_day=5, buried_until=timezone.now() + timedelta(days=1)
        )
    first = CardProgress.objects.order_by("deck", "pk").distinct()
    rows = list(first)
    for row in rows[::3]:
        row.state, row.due, row.due_day = 1, timezone.now() + timedelta(hours=1), timezone.now().date()
    for row in rows[1::3]:
        row.buried_until = timezone.now() + timedelta(days=1)
    CardProgress.objects.bulk_update(rows, ["state", "due", "due_day", "buried_until"])


@pytest.mark.slow
def test_queries_do_not_grow_with_decks(owner, stranger, make_deck):
    client = client_of(owner)
    numbers = []
    folder = Folder.objects.create(learner=owner, name="Languages")
    Deck.objects.create(owner=stranger, title="Public", visibility=Visibility.PUBLIC)
    for decks in (1, 9):
        fill(owner, make_deck, decks)
        FolderDeck.objects.bulk_create(
            [FolderDeck(folder=folder, deck=deck) for deck in owner.decks.all()], ignore_conflicts=True
        )
        numbers.append(queries_of_home(client))
    assert numbers[0] == numbers[1] <= MOST_FOR_HOME


@pytest.mark.slow
def test_queries_of_others(client, learner, learner_client, superuser, make_deck, study_url):
    deck = make_deck(3)
    visitor = queries_of_home(client)
    client.post(reverse("study", args=[deck.slug, "spaced"]))
    study_before(superuser, deck, 1)
    numbers = [visitor, queries_of_home(client), queries_of_home(client_of(superuser))]
    assert max(numbers) <= MOST_FOR_HOME
