"""Columns, markup and continued rows in the preview: chosen, kept, and guessed again for another layout."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cards.models import Card, ImportDraft
from tests.cards.formats.workbooks import by_hand, workbook
from tests.cards.importing.test_pages import as_shown, import_it, paste

pytestmark = pytest.mark.django_db

TABLE = "Word,Meaning,Example,Topic\nsun,star,It shines.,sky\nmoon,it turns,,sky\n"


def samples(client: Client, url: str) -> list[tuple[str, str, tuple[str, ...]]]:
    shown = client.get(url).context["preview"].file_counts.samples
    return [(card.term, card.definition, card.tags) for card in shown]


def look(client: Client, url: str, **changes: str) -> None:
    response = client.post(url, as_shown(client, url, do="look", **changes))
    assert response.status_code == 302, response.context["options"].errors


def test_each_column_has_its_name_and_its_first_cells(learner_client: Client) -> None:
    page = learner_client.get(paste(learner_client, TABLE))
    labels = [(field.label, field.value()) for field in page.context["options"].columns]
    assert labels == [
        ("Word", "term"),
        ("Meaning", "definition"),
        ("Example", "leave"),
        ("Topic", "leave"),
        ("Swap term and definition", False),
    ]
    assert "star · it turns" in page.text
    assert "Cells of the column “Topic”: " in page.text


def test_cells_are_no_markup_of_the_page(learner_client: Client) -> None:
    page = learner_client.get(paste(learner_client, "Front,Back,<u>X</u>\n<i>a</i>,b,<script>c</script>\n"))
    assert "&lt;script&gt;c" in page.text
    assert "<script>c" not in page.text
    assert "<u>X" not in page.text


def test_columns_can_be_chosen(learner_client: Client) -> None:
    url = paste(learner_client, TABLE)
    look(learner_client, url, column_3="tags", column_2="definition", column_0="definition", column_1="term")
    assert samples(learner_client, url)[0] == ("star", "sun\nIt shines.", ("sky",))
    import_it(learner_client, url, title="Sky")
    assert set(Card.objects.values_list("term", flat=True)) == {"star", "it turns"}


def test_sides_can_be_swapped_and_swapped_back(learner_client: Client) -> None:
    url = paste(learner_client, "a\tb, c\nd\te\n")
    look(learner_client, url, swap="on")
    assert samples(learner_client, url)[0] == ("b, c", "a", ())
    data = as_shown(learner_client, url, do="look")
    del data["swap"]
    learner_client.post(url, data)
    assert samples(learner_client, url)[0] == ("a", "b, c", ())


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"column_0": "leave"}, "Choose a column for the term."),
        ({"column_1": "tags"}, "Choose a column for the definition."),
        ({"column_0": "nonsense"}, "Select a valid choice"),
        ({"column_0": "note_type"}, "Select a valid choice"),
    ],
)
def test_choice_without_both_sides_is_refused(
    learner_client: Client, changes: dict[str, str], error: str
) -> None:
    url = paste(learner_client, TABLE)
    page = learner_client.post(url, as_shown(learner_client, url, do="look", **changes))
    assert error in page.text
    assert samples(learner_client, url)[0] == ("sun", "star", ())


def test_form_without_columns_keeps_those_of_the_file(learner_client: Client) -> None:
    url = paste(learner_client, TABLE)
    options = {"separator": "comma", "row_separator": "newline", "head": "guess", "title": "T", "do": "look"}
    learner_client.post(url, options)
    assert samples(learner_client, url)[0] == ("sun", "star", ())


def test_columns_are_found_again_for_another_separator(learner_client: Client) -> None:
    url = paste(learner_client, "Word;Meaning,more;Tags\nsun;star,x;sky\n")
    look(learner_client, url, column_2="leave")
    look(learner_client, url, separator="comma")
    assert len(learner_client.get(url).context["options"].columns) == 3
    look(learner_client, url, separator="semicolon")
    assert samples(learner_client, url)[0][2] == ("sky",)


def test_first_row_can_be_made_a_head(learner_client: Client) -> None:
    url = paste(learner_client, "Himmel,Sky\nSonne,sun\n")
    look(learner_client, url, head="yes")
    assert samples(learner_client, url) == [("Sonne", "sun", ())]
    assert [field.label for field in learner_client.get(url).context["options"].columns][:2] == [
        "Himmel",
        "Sky",
    ]


def test_html_is_shown_as_a_choice(learner_client: Client) -> None:
    url = paste(learner_client, "a\tb<br><i>c</i>\n")
    page = learner_client.get(url)
    assert "its sides are HTML" in page.text
    assert "<em>c</em>" in page.text
    look(learner_client, url, markup="plain")
    assert "&lt;i&gt;c" in learner_client.get(url).text
    assert ImportDraft.objects.get().options["html"] is False


def test_continued_rows_are_a_choice(learner_client: Client) -> None:
    url = paste(learner_client, "ir\tvoy\nvas\nser\tsoy\neres\n")
    assert samples(learner_client, url) == [("ir", "voy\nvas", ()), ("ser", "soy\neres", ())]
    data = as_shown(learner_client, url, do="look")
    del data["join"]
    learner_client.post(url, data)
    assert [term for term, *_ in samples(learner_client, url)] == ["ir", "vas", "ser", "eres"]
    look(learner_client, url, join="on")
    assert len(samples(learner_client, url)) == 2


CHOICES = {
    "columns": (TABLE, {"column_3": "tags"}),
    "a head": ("Himmel,Sky\nSonne,sun\n", {"head": "yes"}),
    "no head": ("Front,Back\na,b\n", {"head": "no"}),
    "plain text": ("a\tb<br><i>c</i>\n", {"markup": "plain"}),
    "Markdown": ("a\t*b*\n", {"markup": "markdown"}),
    "no continued rows": ("ir\tvoy\nvas\nser\tsoy\neres\n", {"join": ""}),
    "continued rows": ("Title\na, b\nmore\n", {"join": "on"}),
    "swapped": (TABLE, {"swap": "on"}),
    "a separator": ("a, b - c\nd, e - f\n", {"separator": "comma"}),
}


@pytest.mark.parametrize(("text", "choice"), CHOICES.values(), ids=CHOICES)
def test_choice_outlives_a_later_one(learner_client: Client, text: str, choice: dict[str, str]) -> None:
    url = paste(learner_client, text)
    # The first change of any option lets the file be read again.
    look(learner_client, url, side_choice="term")
    guessed = samples(learner_client, url)
    look(learner_client, url, **choice)
    chosen = samples(learner_client, url)
    look(learner_client, url, side_choice="both")
    assert samples(learner_client, url) == chosen != guessed


def test_deletions_of_a_text_become_cards(learner_client: Client) -> None:
    url = paste(learner_client, "{{c1::Rome}} is in {{c2::Italy}}\t\n")
    import_it(learner_client, url, title="Cities")
    assert sorted(Card.objects.values_list("term", "definition")) == [
        ("Rome is in [...]", "Italy"),
        ("[...] is in Italy", "Rome"),
    ]


@pytest.mark.parametrize("columns", [["term"] * 500, ["nonsense", "x"], [""] * 3])
def test_stored_columns_that_do_not_fit_change_nothing_else(
    learner_client: Client, columns: list[str]
) -> None:
    url = paste(learner_client, TABLE)
    draft = ImportDraft.objects.get()
    draft.options = {"columns": columns}
    draft.save(update_fields=["options"])
    assert learner_client.get(url).status_code == 200


def test_guest_chooses_columns_too(client: Client) -> None:
    response = client.post(
        "/import/", {"text": "", "file": SimpleUploadedFile("t.csv", b"Front,Back,X\na,b,c\n")}
    )
    url = response["Location"]
    look(client, url, column_2="tags")
    assert samples(client, url) == [("a", "b", ("c",))]


# --- Workbooks


def upload(client: Client, data: bytes, name: str = "Words.xlsx") -> str:
    response = client.post("/import/", {"text": "", "file": SimpleUploadedFile(name, data)})
    assert response.status_code == 302, response.context["form"].errors
    return response["Location"]


def test_sheet_and_columns_of_a_workbook_are_chosen(learner_client: Client) -> None:
    sheets = {
        "Animals": [["Front", "Back"], ["dog", "Hund"]],
        "Sky": [["Topic", "Word", "Meaning"], ["s", "sun", "x"]],
    }
    url = upload(learner_client, workbook(sheets))
    page = learner_client.get(url)
    assert "of which the sheet “Animals” is read" in page.text
    assert "Encoding" not in page.text
    look(learner_client, url, column_0="definition", column_1="term")
    assert samples(learner_client, url) == [("Hund", "dog", ())]
    # The columns of the other sheet are others.
    look(learner_client, url, sheet="Sky")
    assert samples(learner_client, url) == [("sun", "x", ())]
    look(learner_client, url, column_0="tags")
    assert samples(learner_client, url) == [("sun", "x", ("s",))]
    import_it(learner_client, url)
    assert Card.objects.get().deck.title == "Words"


def test_sheet_alone_is_chosen_and_outlives_a_later_choice(learner_client: Client) -> None:
    url = upload(learner_client, workbook({"One": [["a", "b"]], "Two": [["c", "d"]]}))
    look(learner_client, url, side_choice="term")
    look(learner_client, url, sheet="Two")
    assert samples(learner_client, url) == [("c", "d", ())]
    look(learner_client, url, swap="on")
    assert samples(learner_client, url) == [("d", "c", ())]


def test_workbook_is_read_in_slices(learner_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studysite.slices.SECONDS", 0.0)
    url = upload(
        learner_client, workbook({"S": [["Term", "Definition"], *(["t", f"d {n}"] for n in range(30))]})
    )
    for _ in range(100):
        if (page := learner_client.get(url)).context and page.context.get("preview"):
            break
        learner_client.post(f"{url}go-on/")
    assert learner_client.get(url).context["preview"].total == 30


def test_workbook_that_cannot_be_read_is_refused_with_a_reason(learner_client: Client) -> None:
    page = learner_client.post(
        "/import/", {"text": "", "file": SimpleUploadedFile("a.xlsx", by_hand("<row>"))}
    )
    assert "an Excel workbook that is damaged" in page.text
    page = learner_client.post("/import/", {"text": "", "file": SimpleUploadedFile("a.xlsx", by_hand(""))})
    assert "There are no cards in it." in page.text
    assert not ImportDraft.objects.exists()
