"""The queue of reports."""

import pytest
from django.test import Client
from django.urls import reverse

from cards.editing.decks import refresh_deck
from cards.models import Card, CardReport, Deck
from cards.reporting.services import report_card

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def card(owner) -> Card:
    deck = Deck.objects.create(owner=owner, title="Capitals", visibility="public")
    card = Card.objects.create(deck=deck, term="Bolivia", definition="Sucre")
    refresh_deck(deck=deck)
    return card


@pytest.fixture
def reports(card, learner) -> list[CardReport]:
    for kind, text in (("problem", "Spelling"), ("also_right", "La Paz"), ("also_right", "La Paz")):
        report_card(card=card, reporter=learner, kind=kind, side="definition", text=text)
    return list(CardReport.objects.order_by("pk"))


def test_repeated_report_is_kept_once_while_open(reports, card, learner):
    assert len(reports) == 2
    CardReport.objects.update(settled_at="2026-01-01T00:00Z")
    report_card(card=card, reporter=learner, kind="problem", side="definition", text="Spelling")
    assert CardReport.objects.count() == 3


def act(client: Client, action: str, reports: list[CardReport]) -> None:
    data = {"action": action, "_selected_action": [report.pk for report in reports]}
    client.post(reverse("admin:cards_cardreport_changelist"), data)


def test_reports_are_listed_and_closed(editor_client, reports):
    url = reverse("admin:cards_cardreport_changelist")
    assert "La Paz" in editor_client.get(url).content.decode()
    act(editor_client, "settle", reports)
    assert not CardReport.objects.unsettled().exists()
    assert "La Paz" not in editor_client.get(f"{url}?settled=no").content.decode()
    assert "La Paz" in editor_client.get(f"{url}?settled=yes").content.decode()


def test_accepting_adds_the_answer_and_closes_its_reports(editor_client, reports, card):
    act(editor_client, "accept", reports)
    card.refresh_from_db()
    assert card.accepted_definitions == ["La Paz"]
    assert [report.kind for report in CardReport.objects.unsettled()] == ["problem"]


def test_reports_cannot_be_added_or_deleted(editor_client, reports):
    assert editor_client.get(reverse("admin:cards_cardreport_add")).status_code == 403
    assert (
        editor_client.get(reverse("admin:cards_cardreport_delete", args=[reports[0].pk])).status_code == 403
    )
    assert (
        editor_client.get(reverse("admin:cards_cardreport_change", args=[reports[0].pk])).status_code == 200
    )
