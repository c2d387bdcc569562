"""Who may see a paper, print it, and take a shared one."""

import pytest
from django.urls import reverse

from cards.models import Deck
from sessions_app.models import Paper, StudySession
from sessions_app.study.questions.types import Question
from tests.sessions_app.practice_test.pages.taking import Sitting, score, text

pytestmark = pytest.mark.django_db


def test_paper_and_results_return_404_to_others(testing, stranger_client, owner_client):
    paper = score(testing, 2)
    for client in (stranger_client, owner_client):
        for name in ("test_results", "test_print", "test_key"):
            assert client.get(reverse(name, args=[testing.deck.slug, paper.pk])).status_code == 404
        assert client.post(reverse("test_retake", args=[testing.deck.slug, paper.pk])).status_code == 404
        assert client.post(reverse("test_sharing", args=[testing.deck.slug, paper.pk])).status_code == 404
        data = {"paper": paper.pk}
        assert client.post(reverse("test_hand_in", args=[testing.deck.slug]), data).status_code == 404


def test_private_deck_returns_404_to_others(testing, stranger_client):
    Deck.objects.update(visibility="private")
    assert stranger_client.get(testing.page).status_code == 404
    assert stranger_client.post(testing.page, {"questions": 4}).status_code == 404


def test_guest_takes_a_test(client, deck):
    guest = Sitting(client, deck)
    assert "Quick 10" in text(client.get(guest.page))
    guest.start(questions=6, kinds=("typed",))
    guest.post("hand_in", guest.answers())
    assert guest.paper().right == 6
    assert guest.paper().session.learner.is_guest


def test_post_without_a_learner_redirects_to_the_start(client, testing):
    testing.start(questions=4)
    response = client.post(reverse("test_save", args=[testing.deck.slug]), {"paper": testing.paper().pk})
    assert response.url == testing.page


def test_key_is_for_the_owner_and_after_handing_in(testing, owner_client, deck):
    testing.start(questions=4, kinds=("typed",))
    paper = testing.paper()
    assert testing.client.get(reverse("test_print", args=[deck.slug, paper.pk])).status_code == 200
    assert testing.client.get(reverse("test_key", args=[deck.slug, paper.pk])).status_code == 404
    testing.post("hand_in")
    assert testing.client.get(reverse("test_key", args=[deck.slug, paper.pk])).status_code == 200
    mine = Sitting(owner_client, deck)
    mine.start(questions=4)
    assert owner_client.get(reverse("test_key", args=[deck.slug, mine.paper().pk])).status_code == 200


def test_printed_test_has_no_answers_and_its_key_has(testing, deck):
    testing.start(questions=6, kinds=("typed",))
    cities = [Question.from_json(step.question).answer for step in testing.steps()]
    testing.post("hand_in")
    pages = [
        text(testing.client.get(reverse(name, args=[deck.slug, testing.paper().pk])))
        for name in ("test_print", "test_key")
    ]
    assert not any(city in pages[0] for city in cities)
    assert all(city in pages[1] for city in cities)


# --- Beat my paper


def share(testing) -> str:
    testing.client.post(reverse("test_sharing", args=[testing.deck.slug, testing.paper().pk]))
    return reverse("test_beat", args=[testing.deck.slug, testing.paper().token])


def test_guest_takes_a_friends_test_and_shows_the_score(testing, client):
    source = score(testing, 2)
    link = share(testing)
    assert "Lena Learner scored 50 %" in text(client.get(link))
    client.post(link, {"shows": "on", "name": "  Kim "})
    friend = Sitting(client, testing.deck)
    copy = Paper.objects.get(source=source)
    assert [step.question for step in copy.session.steps.on_paper()] == [
        step.question for step in source.session.steps.on_paper()
    ]
    friend.post("hand_in", friend.answers(), paper=copy.pk)
    page = results_of(testing, source)
    assert "Kim</strong> 100 %" in page
    assert "You scored more" in text(client.get(reverse("test_results", args=[testing.deck.slug, copy.pk])))


def results_of(testing, paper: Paper) -> str:
    return text(testing.client.get(reverse("test_results", args=[testing.deck.slug, paper.pk])))


def test_friend_without_consent_is_not_listed(testing, stranger_client):
    source = score(testing, 2)
    stranger_client.post(share(testing), {"name": "Sam"})
    friend = Sitting(stranger_client, testing.deck)
    friend.post("hand_in", friend.answers(), paper=Paper.objects.get(source=source).pk)
    assert "Sam" not in results_of(testing, source)


def test_friend_who_shows_the_score_needs_a_name(testing, stranger_client):
    score(testing, 2)
    response = stranger_client.post(share(testing), {"shows": "on", "name": " "})
    assert "Enter the name to show with your score." in text(response)
    assert StudySession.objects.count() == 1


def test_withdrawn_link_returns_404(testing, client):
    score(testing, 2)
    link = share(testing)
    testing.client.post(reverse("test_sharing", args=[testing.deck.slug, testing.paper().pk]), {"off": "1"})
    assert client.get(link).status_code == 404
    assert client.post(link).status_code == 404


def test_link_to_a_private_deck_returns_404(testing, client):
    score(testing, 2)
    link = share(testing)
    Deck.objects.update(visibility="private")
    assert client.get(link).status_code == 404


def test_own_link_starts_nothing(testing):
    score(testing, 2)
    assert "your own test" in text(testing.client.post(share(testing)))
    assert StudySession.objects.count() == 1


def test_open_test_must_be_finished_before_a_friends_test(testing, stranger_client):
    source, link = score(testing, 2), share(testing)
    Sitting(stranger_client, testing.deck).start(questions=4)
    response = stranger_client.post(link, follow=True)
    assert "Finish this test first." in text(response)
    assert not source.copies.exists()
