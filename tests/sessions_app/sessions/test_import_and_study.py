"""The button "Study now" on the preview of an import: import, and study the deck in the same request."""

import pytest

from cards.editing.cards import remove_cards
from cards.editing.decks import remove_decks
from cards.models import Deck, ImportDraft
from sessions_app.models import StudySession
from tests.cards.importing.conftest import minimal  # noqa: F401 - a fixture
from tests.cards.importing.test_pages import as_shown, import_it, paste

pytestmark = pytest.mark.django_db


def texts_of_messages(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_study_now_shows_the_question_without_a_message(learner_client):
    url = paste(learner_client)
    response = learner_client.post(f"{url}study/", as_shown(learner_client, url), follow=True)
    assert response.redirect_chain == [(f"{Deck.objects.get().get_absolute_url()}learn/", 302)]
    assert response.context["step"]
    assert texts_of_messages(response) == []


def test_study_now_twice_continues_the_session(learner_client):
    url = paste(learner_client)
    data = as_shown(learner_client, url)
    pages = [learner_client.post(f"{url}study/", data, follow=True) for _ in range(2)]
    assert pages[0].context["step"] == pages[1].context["step"]
    assert StudySession.objects.count() == Deck.objects.count() == 1


def test_study_now_after_an_import_starts_a_session(learner_client):
    url = paste(learner_client)
    import_it(learner_client, url)
    response = learner_client.post(f"{url}study/")
    assert response["Location"] == f"{Deck.objects.get().get_absolute_url()}learn/"
    assert StudySession.objects.exists()


def test_changed_options_show_the_preview_again(learner_client):
    url = paste(learner_client)
    response = learner_client.post(f"{url}study/", as_shown(learner_client, url, separator="comma"))
    assert response.status_code in (200, 302)
    assert ImportDraft.objects.get().phase == ImportDraft.Phase.PREVIEW
    assert not StudySession.objects.exists()


@pytest.mark.usefixtures("minimal")
def test_long_import_shows_its_progress(learner_client):
    url = paste(learner_client, "ein\tone\nzwei\ttwo\ndrei\tthree\nvier\tfour\n")
    while ImportDraft.objects.get().phase == ImportDraft.Phase.PREVIEW:
        learner_client.post(f"{url}go-on/")
        if learner_client.get(url).context.get("preview"):
            break
    response = learner_client.post(f"{url}study/", as_shown(learner_client, url))
    assert response["Location"] == url
    assert ImportDraft.objects.get().phase == ImportDraft.Phase.CARDS
    assert not StudySession.objects.exists()


def test_deck_without_cards_opens_its_page(learner_client):
    url = paste(learner_client)
    import_it(learner_client, url)
    learner_client.get("/")
    deck = Deck.objects.get()
    remove_cards(deck=deck, cards=deck.cards.all())
    response = learner_client.post(f"{url}study/", follow=True)
    assert response.redirect_chain == [(deck.get_absolute_url(), 302)]
    assert texts_of_messages(response) == []
    assert not StudySession.objects.exists()


def test_removed_deck_leads_home(learner_client):
    url = paste(learner_client)
    import_it(learner_client, url)
    remove_decks(decks=Deck.objects.all())
    assert learner_client.post(f"{url}study/")["Location"] == "/"
    assert not StudySession.objects.exists()


def test_draft_deleted_meanwhile_returns_404(learner_client, monkeypatch):
    url = paste(learner_client)
    data = as_shown(learner_client, url)

    def gone(**kwargs: object) -> None:
        raise ImportDraft.DoesNotExist

    monkeypatch.setattr("cards.importing.running.start", gone)
    assert learner_client.post(f"{url}study/", data).status_code == 404
