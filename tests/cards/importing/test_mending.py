"""Cards of an import that should be looked at: told first, mended in the preview, and imported as mended."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from cards.formats.kinds import TEXT
from cards.formats.types import ParsedCard
from cards.importing import drafts
from cards.importing.preview import comparing, mending
from cards.importing.reading import keys, problems
from cards.models import Card, Deck, ImportDraft
from cards.text.markdown import MAX_SOURCE
from studysite.accounts.models import User
from tests.cards.formats.packages import note, package
from tests.cards.importing.test_pages import as_shown, upload
from tests.cards.importing.test_preview_page import FRENCH

pytestmark = pytest.mark.django_db

SOUND = "le chien\tdog\nle chat\tcat\nla maison\thouse\n"


class Mending:
    """A browser with the preview of a pasted text."""

    def __init__(self, client: Client, text: str, *, url: str = "") -> None:
        self.client = client
        self.url = client.post(url or reverse("import"), {"text": text})["Location"]

    @property
    def page(self):
        return self.client.get(self.url)

    @property
    def rows(self) -> list[mending.Row]:
        return self.page.context["mends"].rows

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Each card that is shown: what is said of it, and its sides in the fields."""
        return [(row.problem.sentence, *(str(side.value()) for side in row.sides)) for row in self.rows]

    def form(self, **changes: str) -> dict[str, str]:
        """What the browser would send. ``do``, ``term`` and ``definition`` are the first card's."""
        data = as_shown(self.client, self.url)
        for number, row in enumerate(self.rows, 1):
            for field, name in zip([row.do, *row.sides], ["do", "term", "definition"], strict=True):
                wanted = changes.pop(f"{name}_{number}" if number > 1 else f"{name}", None)
                data[field.html_name] = str(field.value()) if wanted is None else wanted
        return {**data, **{name.removeprefix("option_"): value for name, value in changes.items()}}

    def send(self, do_this: str = "look", **changes: str):
        return self.client.post(self.url, {**self.form(**changes), "do": do_this}, follow=True)


def cards() -> list[tuple[str, str]]:
    return list(
        Card.objects.present()
        .filter(deck__is_building=False)
        .order_by("position")
        .values_list("term", "definition")
    )


# --- What is told


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("le vent\t", "One side is empty."),
        ("\tthe wind", "One side is empty."),
        ("Le  Chien\thound", "This term is in the file more than once."),
        (
            f"le vent\t{'x' * (MAX_SOURCE + 1)}",
            f"A side has more than {MAX_SOURCE:,} characters. Here is its beginning.",
        ),
        (
            f"{'x' * (MAX_SOURCE + 1)}\tthe wind",
            f"A side has more than {MAX_SOURCE:,} characters. Here is its beginning.",
        ),
    ],
)
def test_card_with_a_problem_is_shown_first_with_its_fields(
    learner_client: Client, row: str, sentence: str
) -> None:
    mended = Mending(learner_client, f"{SOUND}{row}\n")
    ((said, term, definition),) = mended.told
    assert said == sentence
    assert max(len(term), len(definition)) <= MAX_SOURCE
    html = mended.page.text
    assert html.index("Check these first") < html.index(
        "The cards" if "The cards" in html else "The first cards"
    )


def test_other_definition_of_the_term_is_shown(learner_client: Client, learner: User) -> None:
    deck = Deck.objects.create(owner=learner, title="Mots")
    Card.objects.create(deck=deck, position=0, term="le chat", definition="*kitten*")
    url = reverse("deck_import", args=[deck.slug])
    rows = Mending(learner_client, SOUND + "le chien\thound\n", url=url).rows
    assert [row.other for row in rows] == [("The first card has:", "dog"), ("The deck has:", "kitten")]


def test_same_card_twice_is_no_problem(learner_client: Client) -> None:
    assert Mending(learner_client, SOUND + "le chien\tdog\n").told == []


@pytest.mark.parametrize("definition", ["dog", "hound"])
def test_term_that_the_deck_has_is_told_unless_the_card_is_the_same(
    learner_client: Client, learner: User, definition: str
) -> None:
    deck = Deck.objects.create(owner=learner, title="Mots")
    Card.objects.create(deck=deck, position=0, term="le chien", definition=definition)
    mended = Mending(learner_client, SOUND, url=reverse("deck_import", args=[deck.slug]))
    told = [("The deck has this term with another definition.", "le chien", "dog")]
    assert mended.told == (told if definition == "hound" else [])


def test_card_with_two_problems_is_told_once(learner_client: Client, learner: User) -> None:
    deck = Deck.objects.create(owner=learner, title="Mots")
    Card.objects.create(deck=deck, position=0, term="Le chien", definition="old")
    url = reverse("deck_import", args=[deck.slug])
    mended = Mending(learner_client, SOUND + "le chien\thound\n", url=url)
    assert [row.problem.what for row in mended.rows] == ["twice", "known"]
    assert mended.page.context["preview"].problem_count == 2


# --- What is done about it


def test_missing_side_is_typed_and_imported_at_once(learner_client: Client) -> None:
    mended = Mending(learner_client, SOUND + "le vent\t\n\tthe sea\n")
    mended.send("import", definition="the *wind*", term_2="la mer", option_title="Mots")
    assert cards() == [
        ("le chien", "dog"),
        ("le chat", "cat"),
        ("la maison", "house"),
        ("le vent", "the *wind*"),
        ("la mer", "the sea"),
    ]


def test_card_is_left_out(learner_client: Client) -> None:
    mended = Mending(learner_client, SOUND + "le vent\t\n")
    page = mended.send(do="leave")
    assert "3 cards ready." in page.text
    assert "Cards that you leave out: 1" in page.text
    assert mended.told == [("You have left this card out.", "le vent", "")]
    mended.send("import", option_title="Mots")
    assert len(cards()) == 3


def test_side_that_is_too_long_is_shortened(learner_client: Client) -> None:
    mended = Mending(learner_client, f"{SOUND}le vent\t{'x' * (MAX_SOURCE + 5)}\n")
    assert "Cards that are too long: 1" in mended.page.text
    assert "row 4: The definition has" in mended.page.text
    page = mended.send(definition="the wind")
    assert "row 4" not in page.text
    assert "too long" not in page.text.partition("Left out, and notices")[2].partition("<details")[0]
    mended.send("import", option_title="Mots")
    assert cards()[-1] == ("le vent", "the wind")


def test_file_with_nothing_else_can_be_mended(learner_client: Client) -> None:
    mended = Mending(learner_client, f"le vent\t{'x' * (MAX_SOURCE + 5)}\n")
    assert "Cards that are too long: 1" in mended.page.text
    mended.send(definition="the wind")
    assert [told[1:] for told in mended.told] == [("le vent", "the wind")]
    mended.send("import", option_title="Mots")
    assert cards() == [("le vent", "the wind")]


def test_only_card_that_is_too_long_with_its_backslashes_can_be_markdown(learner_client: Client) -> None:
    stars = "*" * 20_000
    mended = Mending(learner_client, f"q\t{stars}\n")
    assert "with 20,000 backslashes" in mended.page.text
    mended.send(option_markup="markdown")
    mended.send("import", option_title="Mots")
    assert cards() == [("q", stars)]


def test_definitions_of_one_term_are_joined(learner_client: Client) -> None:
    mended = Mending(learner_client, SOUND + "le chien\thound\nLe chien\tpuppy\n")
    mended.send("import", do="join", do_2="join", option_title="Mots")
    assert cards()[0] == ("le chien", "dog; hound; puppy")
    assert len(cards()) == 3


def test_joined_definitions_that_are_too_long_stay_two_cards(learner_client: Client) -> None:
    half = "x" * (MAX_SOURCE // 2 + 1)
    mended = Mending(learner_client, f"a\t{half}\na\ty{half}\n")
    mended.send("import", do="join", option_title="Mots")
    assert [term for term, _ in cards()] == ["a", "a"]


@pytest.mark.parametrize(
    ("do", "result"),
    [("keep", ["hound", "dog"]), ("leave", ["hound"]), ("replace", ["dog"])],
)
def test_term_that_the_deck_has(learner_client: Client, learner: User, do: str, result: list[str]) -> None:
    deck = Deck.objects.create(owner=learner, title="Mots")
    there = Card.objects.create(deck=deck, position=0, term="Le chien", definition="hound")
    Mending(learner_client, "le chien\tdog\n", url=reverse("deck_import", args=[deck.slug])).send(
        "import", do=do
    )
    there.refresh_from_db()
    assert [definition for _, definition in cards()] == result
    assert there.definition == result[0]


@pytest.mark.parametrize(
    ("keep", "result"),
    [
        ("file", [("le chien", "dog"), ("le chat", "cat"), ("la maison", "house"), ("le chien", "hound")]),
        ("deck", [("Le chien", "old"), ("le chat", "cat"), ("la maison", "house"), ("le chien", "hound")]),
    ],
)
def test_all_cards_with_a_term_of_the_deck_are_its_cards(
    learner_client: Client,
    learner: User,
    monkeypatch: pytest.MonkeyPatch,
    keep: str,
    result: list[tuple[str, str]],
) -> None:
    """The first card of the file with the term, once, and as the learner chooses for cards that differ."""
    monkeypatch.setattr("cards.importing.merging.CHUNK", 1)
    deck = Deck.objects.create(owner=learner, title="Mots")
    Card.objects.create(deck=deck, position=0, term="Le chien", definition="old")
    text = SOUND + "le chien\thound\n"
    assert "the same card" not in Mending(learner_client, text).page.text
    mended = Mending(learner_client, text, url=reverse("deck_import", args=[deck.slug]))
    mended.send(option_same_terms="on")
    preview = mended.page.context["preview"]
    assert (preview.new, preview.changed, preview.known) == (3, 1, 0)
    if keep == "deck":
        mended.send(option_keep="deck")
    mended.send("import")
    assert cards() == result


def test_two_cards_cannot_replace_one(learner: User) -> None:
    sides = [("un", "dog"), ("deux", "cat")]
    replace = {"what": problems.KNOWN, "do": problems.REPLACE, "key": "of the deck"}
    draft = drafts.make_draft(
        owner=learner,
        content="".join(f"{term}\t{definition}\n" for term, definition in sides),
        options={"mended": {problems.row_id(ParsedCard(*pair), TEXT): replace for pair in sides}},
    )
    first, second = comparing.preview_file(draft).file_counts.samples
    assert (first.key, second.key) == ("of the deck", keys.usual_key("deux"))


def test_card_without_a_definition_replaces_none(learner_client: Client, learner: User) -> None:
    deck = Deck.objects.create(owner=learner, title="Mots")
    for position, term in enumerate(("Le chien", "Le chat")):
        Card.objects.create(deck=deck, position=position, term=term, definition="old")
    url = reverse("deck_import", args=[deck.slug])
    mended = Mending(learner_client, "le chien\t\nle chat\tcat\n", url=url)
    # Compared anew each time, also if the file is not read again.
    for chosen, new, changed in (("on", 1, 1), ("", 2, 0), ("on", 1, 1)):
        mended.send(option_same_terms=chosen)
        preview = mended.page.context["preview"]
        assert (preview.new, preview.changed) == (new, changed)
    mended.send("import")
    assert cards() == [("Le chien", "old"), ("le chat", "cat"), ("le chien", "")]


@pytest.mark.parametrize("chunk", [1, 500])
@pytest.mark.parametrize(
    "lines", [("le chien\tdog", "Le Chien\thound"), ("Le Chien\thound", "le chien\tdog")]
)
def test_card_of_the_deck_is_replaced_once(
    learner_client: Client, learner: User, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...], chunk: int
) -> None:
    """Not by another card with its term, if the file has it as it is. The preview says the same."""
    monkeypatch.setattr("cards.importing.merging.CHUNK", chunk)
    deck = Deck.objects.create(owner=learner, title="Mots")
    for position, term in enumerate(("le chien", "Le chat")):
        Card.objects.create(deck=deck, position=position, term=term, definition="dog")
    url = reverse("deck_import", args=[deck.slug])
    mended = Mending(learner_client, "\n".join([*lines, "le chat\tcat", "LE CHAT\ttom"]), url=url)
    mended.send(option_same_terms="on")
    preview = mended.page.context["preview"]
    assert (preview.new, preview.changed, preview.same) == (2, 1, 1)
    mended.send("import")
    assert cards()[:2] == [("le chien", "dog"), ("le chat", "cat")]
    assert sorted(cards()[2:]) == [("LE CHAT", "tom"), ("Le Chien", "hound")]
    draft = ImportDraft.objects.get()
    assert (draft.added, draft.updated, draft.unchanged) == (2, 1, 1)


# --- What is kept


def test_decision_outlives_other_options_and_can_be_taken_back(learner_client: Client) -> None:
    """Read with commas the row has other sides, but it is the same row."""
    mended = Mending(learner_client, "un, deux\tone, two\ntrois, quatre\tthree\nle vent\t\n")
    mended.send(definition="the wind")
    mended.send(option_separator="comma")
    assert ("You have changed this card.", "le vent", "the wind") in mended.told
    mended.send(option_separator="tab")
    assert mended.told == [("You have changed this card.", "le vent", "the wind")]
    mended.send(do="file")
    assert mended.told == [("One side is empty.", "le vent", "")]
    assert ImportDraft.objects.get().options["mended"] == {}


def test_decision_about_a_row_that_is_gone_waits_for_it(learner_client: Client) -> None:
    mended = Mending(learner_client, "le vent\t\na\tb; c\td; e\tf\n")
    mended.send(definition="the wind")
    mended.send(option_row_separator="semicolon")
    assert "the wind" not in str(mended.told)
    mended.send(option_row_separator="newline")
    assert ("You have changed this card.", "le vent", "the wind") in mended.told


def test_other_option_and_a_mended_card_are_shown_before_the_import(learner_client: Client) -> None:
    mended = Mending(learner_client, SOUND + "le vent\t\n")
    page = mended.send("import", definition="the wind", option_markup="markdown", option_title="Mots")
    assert "The preview has changed." in page.text
    assert 'value="Mots"' in page.text
    assert not Deck.objects.exists()


def test_refused_text_is_shown_again_with_everything_typed(learner_client: Client) -> None:
    mended = Mending(learner_client, SOUND + "le vent\t\n\tthe sea\n")
    page = mended.send("import", definition="x" * (MAX_SOURCE + 1), term_2="la mer")
    assert page.status_code == 200
    assert "at most" in page.text
    assert "la mer" in page.text
    assert not Deck.objects.exists()
    for strange in ("join", "replace", "x"):
        assert mended.send("import", do=strange).status_code == 200
    assert not Deck.objects.exists()


def test_fields_of_unknown_cards_change_nothing(learner_client: Client) -> None:
    mended = Mending(learner_client, SOUND)
    data = mended.form() | {f"{'0' * 16}-{name}": "x" for name in ("do", "term", "definition")}
    learner_client.post(mended.url, data)
    assert len(cards()) == 3


# --- Limits


def test_many_problems_are_counted_and_the_first_are_shown(learner_client: Client) -> None:
    mended = Mending(learner_client, "".join(f"word {number}\t\n" for number in range(130)))
    assert len(mended.rows) == problems.SHOWN_PROBLEMS
    assert "The first 50 of 130 cards." in mended.page.text
    mended.send(**{f"do_{number}" if number > 1 else "do": "leave" for number in range(1, 51)})
    assert len(mended.rows) == 2 * problems.SHOWN_PROBLEMS
    assert "The first 50 of 80 cards." in mended.page.text


def test_number_of_mended_cards_is_limited(learner_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "MOST_MENDED", 1)
    mended = Mending(learner_client, SOUND + "le vent\t\n\tthe sea\n")
    assert "can be changed here" in mended.send(do="leave", do_2="leave").text
    assert "mended" not in ImportDraft.objects.get().options


def test_characters_of_mended_cards_are_limited(
    learner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mending, "MOST_TEXT", 10)
    mended = Mending(learner_client, SOUND + "le vent\t\n\tthe sea\n")
    mended.send(definition="the wind")
    before = ImportDraft.objects.get().options["mended"]
    assert "can be changed here" in mended.send(definition_2="the sea!", term_2="la mer").text
    assert ImportDraft.objects.get().options["mended"] == before != {}


def test_long_cards_do_not_make_the_form_too_large(learner_client: Client) -> None:
    text = "".join(f"word {number}\t{'語' * (MAX_SOURCE + 1)}\n" for number in range(20))
    mended = Mending(learner_client, SOUND + text)
    assert sum(len(part) for told in mended.told for part in told[1:]) <= problems.MOST_TEXT
    assert mended.send(do="leave").status_code == 200


# --- Other kinds of file


def test_note_of_a_package_is_mended_by_its_key(learner_client: Client) -> None:
    notes = [note(["q", "a"]), note(["q", "b"], guid="second"), note(["only", ""], guid="third")]
    url = upload(learner_client, package(notes))["Location"]
    rows = learner_client.get(url).context["mends"].rows
    said = {row.problem.sentence: row for row in rows}
    assert "This term is in the file more than once." in said
    assert "join" not in dict(said["This term is in the file more than once."].do.field.choices)
    data = as_shown(learner_client, url, title="T")
    for row in rows:
        for field in (row.do, *row.sides):
            data[field.html_name] = field.value()
        data[row.sides[1].html_name] = f"mended {row.sides[0].value()}"
    learner_client.post(url, data)
    assert cards() == [("q", "a"), ("q", "mended q"), ("only", "mended only")]


def test_notes_with_the_same_letters_are_decided_apart(learner_client: Client) -> None:
    notes = [note(["only", ""]), note(["only?", ""], guid="second")]
    url = upload(learner_client, package(notes))["Location"]
    assert len(learner_client.get(url).context["mends"].rows) == 2


def test_long_notes_of_decks_that_are_not_chosen_are_not_told(learner_client: Client) -> None:
    notes = [note(["q", "x" * (MAX_SOURCE + 1)]), note(["r", "b"], guid="second", deck=2)]
    url = upload(learner_client, package(notes))["Location"]
    assert len(learner_client.get(url).context["mends"].rows) == 1
    learner_client.post(url, as_shown(learner_client, url, path="Biology", do="look"))
    assert learner_client.get(url).context["mends"].rows == []


def test_every_field_has_a_label_and_a_language(learner_client: Client) -> None:
    html = Mending(learner_client, FRENCH + "le vent\t\n").page.text
    for side, language in (("term", "fr"), ("definition", "en")):
        area = re.search(rf'<textarea[^>]*name="([0-9a-f]{{16}}-{side})"[^>]*>', html)
        assert area
        assert f'lang="{language}"' in area[0]
        assert f'for="id_{area[1]}"' in html
