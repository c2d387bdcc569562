"""The preview's page: what it says first, the suggested title, the cards that should be looked at."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from cards.models import Deck, ImportDraft

pytestmark = pytest.mark.django_db

FRENCH = "le chien\tdog\nle chat\tcat\nla maison\thouse\ndu pain\tbread\nune rue\tstreet\n"


def preview(client: Client, text: str) -> tuple[str, str]:
    response = client.post(reverse("import"), {"text": text}, follow=True)
    return response.redirect_chain[-1][0], response.content.decode()


def fields(html: str, **changed: str) -> dict[str, str]:
    """What a browser sends of the preview's form, unless it is changed."""
    chosen = {}
    for select in re.findall(r'<select name="(\w+)".*?</select>', html, re.DOTALL):
        body = re.search(rf'<select name="{select}".*?</select>', html, re.DOTALL)[0]  # type: ignore[index]
        option = re.search(r'<option value="([^"]*)" selected', body)
        chosen[select] = option[1] if option else re.search(r'value="([^"]*)"', body)[1]  # type: ignore[index]
    return {"do": "import", "title": "", "own_separator": "", **chosen, **changed}


def test_number_of_cards_is_said_first(learner_client: Client) -> None:
    _, html = preview(learner_client, FRENCH)
    assert "5 cards ready." in html.partition("<h1>Preview</h1>")[2].partition("</header>")[0]


def test_pasted_deck_gets_the_suggested_title(learner_client: Client) -> None:
    url, html = preview(learner_client, FRENCH)
    assert re.search(r'name="title"[^>]* placeholder="Pasted on [^"]*"', html)
    learner_client.post(url, fields(html), follow=True)
    assert Deck.objects.get().title.startswith("Pasted on ")


def test_cards_with_a_problem_come_first(learner_client: Client) -> None:
    _, html = preview(learner_client, FRENCH + "le chien\thound\nle vent\t\n")
    problems, _, rest = html.partition("Check these first")[2].partition("</section>")
    assert re.findall(r'import-problem">([^<]*)', problems) == [
        "This term is in the file more than once.",
        "One side is empty.",
    ]
    assert "hound" in problems
    assert "hound" not in rest
    assert "la maison" not in problems
    assert "la maison" in rest


def test_whole_cards_have_no_problems(learner_client: Client) -> None:
    assert "Check these first" not in preview(learner_client, FRENCH)[1]
    assert ImportDraft.objects.get().look["preview"]["problems"] == []
