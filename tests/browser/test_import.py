"""Cards in a browser: pasted and studied, imported and exported, with and without scripts."""

import re
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cards.importing import running
from cards.models import Card, Deck
from sessions_app.study.text import word_lists
from tests.browser.steps import check, check_looks, choose
from tests.cards.formats.packages import BASIC, note, package

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "mitochondrion – makes energy\nribosome – makes proteins\nnucleus – keeps the genes"


@pytest.fixture(autouse=True, scope="module")
def _word_lists() -> None:
    """As `make run` loads them before it serves, so that the first question does not wait."""
    word_lists.lists()


def paste_and_study(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Your cards").fill(WORDS)
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_role("heading", name="Preview", exact=True)).to_be_visible()
    expect(page.get_by_text("keeps the genes")).to_be_visible()
    assert not Deck.objects.filter(owner__is_guest=True).exists()
    page.get_by_label("Title of the new deck").fill("The cell")
    page.get_by_role("button", name="Study now").click()
    expect(page.locator("#question")).to_be_visible()
    deck = Deck.objects.get(owner__is_guest=True)
    assert (deck.title, deck.card_count, deck.visibility) == ("The cell", 3, "private")


def import_file(page: Page, path: Path) -> None:
    page.goto("/import/")
    page.get_by_label("Or choose a file").set_input_files(path)
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_text("Text in UTF-8")).to_be_visible()


@pytest.fixture
def word_file(tmp_path: Path) -> Path:
    path = tmp_path / "Words.csv"
    path.write_text("one,ein\ntwo,zwei\ntwo,zwei\nthree\n", encoding="utf-8")
    return path


def test_guest_pastes_cards_and_studies_them(page: Page) -> None:
    paste_and_study(page)


def test_guest_pastes_cards_and_studies_them_without_javascript(plain_page: Page) -> None:
    paste_and_study(plain_page)


@pytest.mark.parametrize("scripts", [True, False])
def test_file_is_previewed_and_imported(page, plain_page, sign_in, learner, word_file, scripts) -> None:
    page = page if scripts else plain_page
    sign_in(page.context, learner)
    import_file(page, word_file)
    expect(page.locator(".facts")).to_contain_text("with one side")
    expect(page.get_by_text("row 4: There is no definition.")).to_be_visible()
    page.get_by_label("Between the sides").select_option("tab")
    page.get_by_role("button", name="Update preview").click()
    expect(page.get_by_text("one,ein")).to_be_visible()
    page.get_by_label("Between the sides").select_option("comma")
    page.get_by_role("button", name="Update preview").click()
    page.get_by_role("button", name="Create deck").click()
    expect(page.get_by_text("Cards: 3 added.")).to_be_visible()
    expect(page.get_by_role("heading", level=1, name="Words")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_fields_of_a_note_type_can_be_chosen(page, plain_page, sign_in, learner, tmp_path, scripts) -> None:
    page = page if scripts else plain_page
    page.set_viewport_size({"width": 360, "height": 740})
    path = tmp_path / "Biology.apkg"
    path.write_bytes(package([note(["cell", "part"], deck=2), note(["bone", "ulna"], deck=1)]))
    sign_in(page.context, learner)
    page.goto("/import/")
    page.get_by_label("Or choose a file").set_input_files(path)
    page.get_by_role("button", name="Show preview").click()
    sample = page.locator(f"#type-samples-{BASIC} .term").first
    expect(sample).to_have_text("cell")
    page.get_by_label("Term of “Basic”").select_option("Back")
    page.get_by_label("Definition of “Basic”").select_option("Front")
    page.get_by_label("Decks inside decks").select_option("decks")
    if not scripts:
        page.get_by_role("button", name="Update preview").click()
    expect(sample).to_have_text("part")
    if scripts:
        check(page)
        page.get_by_role("button", name="Update preview").click()
    page.get_by_role("button", name="Create 2 decks").click()
    expect(page.get_by_text("In 2 decks.")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_large_import_shows_its_progress(page, plain_page, sign_in, learner, tmp_path, monkeypatch, scripts):
    page = page if scripts else plain_page
    monkeypatch.setattr("cards.importing.running.run", partial(running.run, seconds=0))
    path = tmp_path / "Many.csv"
    path.write_text("".join(f"term {n},definition {n}\n" for n in range(1_600)), encoding="utf-8")
    sign_in(page.context, learner)
    import_file(page, path)
    page.get_by_role("button", name="Create deck").click()
    if not scripts:
        expect(page.get_by_text("500 of 1,600 cards")).to_be_visible()
        assert not Deck.objects.present().exists()
        for _ in range(3):
            page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Cards: 1,600 added.")).to_be_visible()
    assert Card.objects.count() == 1_600


@pytest.mark.parametrize("scripts", [True, False])
def test_large_import_and_export_run_in_slices(
    page, plain_page, sign_in, learner, word_file, monkeypatch, scripts
) -> None:
    page = page if scripts else plain_page
    monkeypatch.setattr("studysite.slices.SECONDS", 0.0)
    monkeypatch.setattr("cards.exporting.views.MOST_AT_ONCE", 2)
    sign_in(page.context, learner)
    page.goto("/import/")
    page.get_by_label("Or choose a file").set_input_files(word_file)
    page.get_by_role("button", name="Show preview").click()
    wait_for(page, "Preview", scripts, "Reading Words.csv")
    page.get_by_role("button", name="Create deck").click()
    wait_for(page, "Words", scripts)
    choose(page, "More", "Export")
    page.get_by_role("button", name="Prepare .csv").click()
    wait_for(page, "CSV of Words", scripts, "0 of 3 cards", "The file is ready.")
    if scripts:
        check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download .csv").click()
    assert download.value.suggested_filename == "Words.csv"
    assert "zwei" in Path(download.value.path()).read_text(encoding="utf-8")


def wait_for(page: Page, title: str, scripts: bool, progress: str = "", ready: str = "") -> None:
    """Wait for the page with this title; without scripts press its button."""
    if not scripts and progress:
        expect(page.get_by_text(progress).first).to_be_visible()
    button = page.get_by_role("button", name=re.compile("^(Continue|Go on)$"))
    for _ in range(0 if scripts else 20):
        if not button.is_visible():
            break
        button.click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    if ready:
        expect(page.get_by_text(ready)).to_be_visible()


def test_deck_can_be_downloaded(page, sign_in, learner, word_file) -> None:
    sign_in(page.context, learner)
    import_file(page, word_file)
    page.get_by_role("button", name="Create deck").click()
    choose(page, "More", "Export")
    check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download .csv").click()
    assert download.value.suggested_filename == "Words.csv"
    assert "zwei" in Path(download.value.path()).read_text(encoding="utf-8")


@pytest.mark.parametrize("scripts", [True, False])
def test_columns_of_a_table_are_chosen(page, plain_page, sign_in, learner, tmp_path, scripts) -> None:
    page = page if scripts else plain_page
    sign_in(page.context, learner)
    path = tmp_path / "Sky.csv"
    path.write_text("Word,Meaning,Example\nsun,star,It shines.\n", encoding="utf-8")
    import_file(page, path)
    expect(page.get_by_label("Example")).to_have_value("leave")
    page.get_by_label("Example").select_option("Definition")
    page.get_by_label("Meaning").select_option("Leave out")
    page.get_by_label("Swap term and definition").check()
    if scripts:
        check(page)
    page.get_by_role("button", name="Update preview").click()
    expect(page.locator(".term-list .term").first).to_have_text("It shines.")
    page.get_by_role("button", name="Create deck").click()
    expect(page.get_by_text("Cards: 1 added.")).to_be_visible()
    assert Card.objects.values_list("term", "definition").get() == ("It shines.", "sun")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_import_pages(page, sign_in, learner, word_file, scheme) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto("/")
    check(page)
    sign_in(page.context, learner)
    page.goto("/import/")
    check(page)
    import_file(page, word_file)
    check(page)


def mend(page: Page, *, has_scripts: bool) -> None:
    """Type a missing side, leave a card out, choose a language, and import: all in the preview."""
    page.goto("/import/")
    page.get_by_label("Paste").fill("le chien – dog\nle chat – cat\nle vent – \nle chat – kitten")
    page.get_by_role("button", name="Show preview").click()
    wind = page.get_by_role("group", name="One side is empty.")
    wind.get_by_label("Definition").fill("wind")
    again = page.get_by_role("group", name="This term is in the file more than once.")
    again.get_by_label("What to do").select_option("Leave it out")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("3 cards ready.")).to_be_visible()
    expect(page.get_by_role("group", name="You have left this card out.")).to_be_visible()
    if has_scripts:
        check_looks(page)
    page.get_by_label("Language of the terms").select_option("fr")
    page.get_by_label("Title of the new deck").fill("Mots")
    page.get_by_role("button", name="Create deck").click()
    expect(page.get_by_role("heading", name="Mots")).to_be_visible()
    deck = Deck.objects.get(title="Mots")
    assert [deck.language_of(side) for side in ("term", "definition")] == ["fr", "fr"]
    cards = deck.cards.in_order().values_list("term", "definition")
    assert list(cards) == [("le chien", "dog"), ("le chat", "cat"), ("le vent", "wind")]


def test_cards_are_mended_in_the_preview(page: Page) -> None:
    mend(page, has_scripts=True)


def test_cards_are_mended_in_the_preview_without_javascript(plain_page: Page) -> None:
    mend(plain_page, has_scripts=False)
