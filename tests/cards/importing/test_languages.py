"""The languages of both sides of an import: guessed, shown, changed, and kept where the learner chose them."""

import io
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from cards.formats.archive import write_archive
from cards.formats.types import ParsedCard, ParsedDeck
from cards.models import Deck, ImportDraft
from studysite.accounts.models import User
from tests.cards.formats.packages import note, package
from tests.cards.importing.test_pages import as_shown, import_it, upload
from tests.cards.importing.test_preview_page import FRENCH, fields, preview

pytestmark = pytest.mark.django_db

GERMAN = (
    "der Hund\tle chien\ndie Katze\tle chat\ndas Haus\tla maison\ndas Brot\tdu pain\neine Straße\tune rue\n"
)


def chosen(html: str) -> list[str]:
    """The languages of the terms and of the definitions that the preview's form shows."""
    bodies = [
        re.search(rf'<select name="{name}".*?</select>', html, re.DOTALL)[0]  # type: ignore[index]
        for name in ("language", "definition_language")
    ]
    return [re.search(r'value="([^"]*)" selected', body)[1] for body in bodies]  # type: ignore[index]


def languages() -> list[tuple[str, str]]:
    return list(Deck.objects.order_by("title").values_list("language", "definition_language"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (FRENCH, ["fr", "en"]),
        (GERMAN, ["de", "fr"]),
        ("".join("\t".join(reversed(line.split("\t"))) + "\n" for line in GERMAN.splitlines()), ["fr", "de"]),
        ("いぬ\tdog\nねこ\tcat\n", ["ja", "en"]),
        ("la maison\tun bâtiment où l’on vit\n" + FRENCH.replace("\t", "\tle mot pour "), ["fr", ""]),
        ("one\ttwo\n", ["en", ""]),
    ],
)
def test_both_sides_are_guessed_shown_and_imported(
    learner_client: Client, text: str, shown: list[str]
) -> None:
    url, html = preview(learner_client, text)
    assert chosen(html) == shown
    assert f'class="prose" lang="{shown[1] or shown[0]}"' in html
    learner_client.post(url, fields(html), follow=True)
    assert languages() == [tuple(shown)]


def test_choice_outlives_other_options_and_a_guess_does_not(learner_client: Client) -> None:
    """Read with another separator, the cards have other sides: what was only guessed is guessed again."""
    url, html = preview(learner_client, GERMAN.replace("\t", "; ").replace("der Hund", "der Hund, das Tier"))
    assert chosen(html) == ["de", "fr"]
    html = learner_client.post(url, fields(html, do="look", definition_language="ca"), follow=True).text
    assert chosen(html) == ["de", "ca"]
    html = learner_client.post(url, fields(html, do="look", separator="comma"), follow=True).text
    assert chosen(html)[1] == "ca"
    assert set(ImportDraft.objects.get().options) & {"language", "definition_language"} == {
        "definition_language"
    }
    html = learner_client.post(url, fields(html, do="look", separator="semicolon"), follow=True).text
    learner_client.post(url, fields(html, definition_language=""), follow=True)
    assert languages() == [("de", "")]


def test_unknown_language_is_refused_and_the_form_keeps_the_others(learner_client: Client) -> None:
    url, html = preview(learner_client, FRENCH)
    for name in ("language", "definition_language"):
        refused = learner_client.post(url, fields(html, do="look", title="Mots", **{name: "xx"}))
        assert "Select a valid choice" in refused.text
        assert 'value="Mots"' in refused.text
    assert not Deck.objects.exists()


def test_languages_that_are_not_sent_are_guessed(learner_client: Client) -> None:
    url, html = preview(learner_client, FRENCH)
    sent = fields(html)
    del sent["language"], sent["definition_language"]
    learner_client.post(url, sent, follow=True)
    assert languages() == [("fr", "en")]


def test_import_into_a_deck_keeps_its_languages(learner_client: Client, learner: User) -> None:
    deck = Deck.objects.create(owner=learner, title="Mots", language="ca", definition_language="de")
    html = learner_client.post(reverse("deck_import", args=[deck.slug]), {"text": FRENCH}, follow=True).text
    assert 'name="language"' not in html
    assert 'lang="ca"' in html
    learner_client.post(ImportDraft.objects.get().get_absolute_url(), fields(html), follow=True)
    assert languages() == [("ca", "de")]


@pytest.mark.parametrize("said", [("de", "tlh"), ("de", ""), ("de",)])
def test_archive_says_its_languages(learner_client: Client, said: tuple[str, ...]) -> None:
    """Also one that is older than the second language."""
    about = dict(zip(("language", "definition_language"), said, strict=False))
    cards = [ParsedCard(*line.split("\t"), key=line) for line in FRENCH.splitlines()]
    file = io.BytesIO()
    write_archive(file, deck=ParsedDeck((), title="T", **about), cards=cards)
    url = upload(learner_client, file.getvalue())["Location"]
    assert chosen(learner_client.get(url).text) == ["de", *said[1:], ""][:2]
    import_it(learner_client, url)
    assert languages() == [("de", said[1] if said[1:] else "")]


@pytest.mark.parametrize(
    ("said", "used"),
    [(("no tag", "de"), ("fr", "en")), (("x" * 13, ""), ("fr", "en")), (("de", "<i>"), ("de", ""))],
)
def test_what_is_no_language_tag_is_ignored(
    learner_client: Client, said: tuple[str, str], used: tuple[str, str]
) -> None:
    cards = [ParsedCard(*line.split("\t"), key=line) for line in FRENCH.splitlines()]
    file = io.BytesIO()
    about = ParsedDeck((), title="T", language=said[0], definition_language=said[1])
    write_archive(file, deck=about, cards=cards)
    import_it(learner_client, upload(learner_client, file.getvalue())["Location"])
    assert languages() == [used]


def test_each_deck_of_a_collection_gets_its_own_languages(learner_client: Client) -> None:
    lines = [(1, line) for line in GERMAN.splitlines()] + [(2, line) for line in FRENCH.splitlines()]
    notes = [note(line.split("\t"), deck=deck) for deck, line in lines]
    url = upload(learner_client, package(notes))["Location"]
    html = learner_client.post(
        url, as_shown(learner_client, url, subdecks="decks", do="look"), follow=True
    ).text
    assert "in German and French" in html
    assert "in French and English" in html
    import_it(learner_client, url)
    # "Biology: Cells" comes before "Default".
    assert languages() == [("fr", "en"), ("de", "fr")]


def test_one_choice_for_all_decks_of_a_collection(learner_client: Client) -> None:
    notes = [note(["a", "b"], deck=1), note(["c", "d"], deck=2)]
    url = upload(learner_client, package(notes))["Location"]
    learner_client.post(url, as_shown(learner_client, url, subdecks="decks", do="look"))
    import_it(learner_client, url, language="la", definition_language="it")
    assert languages() == [("la", "it")] * 2


def test_command_guesses_too(learner: User, tmp_path: Path) -> None:
    file = tmp_path / "mots.txt"
    file.write_text(FRENCH)
    call_command("import_deck", str(file), owner=learner.email, stdout=io.StringIO())
    assert languages() == [("fr", "en")]
