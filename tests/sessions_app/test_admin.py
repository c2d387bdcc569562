"""Learners' sessions and answers in the admin: read-only, and found by learner and deck."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from cards.models import Deck
from sessions_app import admin
from sessions_app.models import CardProgress, Enrollment, Review, Step, StudySession
from studysite.accounts.models import User
from tests.sessions_app.conftest import Studying

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MODELS = (Enrollment, StudySession, Step, Review)


@pytest.fixture
def editor_client() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ed@example.org", "x", name="Ed Editor"))
    return client


@pytest.fixture
def studied(studying: Studying) -> Studying:
    studying.start()
    for _ in range(3):
        studying.answer(3)
    return studying


@pytest.fixture
def others(stranger: User, deck: Deck) -> User:
    """Sam has studied too, and so has a guest."""
    for user in (stranger, User.objects.create_guest(time_zone="UTC")):
        studying = Studying(user, deck)
        studying.start()
        studying.answer(3)
    return stranger


def address(model: type, page: str = "changelist", *args: object) -> str:
    return reverse(f"admin:sessions_app_{model._meta.model_name}_{page}", args=args)


def listed(client: Client, model: type, **query: object) -> list:
    return list(client.get(address(model), query).context["cl"].result_list)


def learners(rows: list) -> set[str]:
    return {(row.session if isinstance(row, Step) else row).learner.name for row in rows}


@pytest.mark.parametrize("model", MODELS)
def test_every_row_is_viewable_and_read_only(editor_client: Client, studied: Studying, model: type) -> None:
    row = model.objects.order_by("pk").first()
    before = model.objects.filter(pk=row.pk).values().get()
    page = editor_client.get(address(model, "change", row.pk)).content.decode()
    assert 'name="_save"' not in page
    assert editor_client.get(address(model, "add")).status_code == 403
    for answer in (
        editor_client.post(address(model, "change", row.pk), {"verdict": "wrong", "response": "x"}),
        editor_client.post(address(model, "delete", row.pk), {"post": "yes"}),
        editor_client.post(address(model), {"action": "delete_selected", "_selected_action": [row.pk]}),
    ):
        assert answer.status_code in (200, 302, 403)
    assert model.objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("model", MODELS)
def test_rows_are_found_by_learner_and_deck(
    editor_client: Client, studied: Studying, others: User, make_deck: Callable[..., Deck], model: type
) -> None:
    elsewhere = make_deck(1, title="Elsewhere")
    assert learners(listed(editor_client, model)) == {"Lena Learner", "Sam Stranger"}
    assert learners(listed(editor_client, model, q="LENA@example")) == {"Lena Learner"}
    assert learners(listed(editor_client, model, learner=others.pk)) == {"Sam Stranger"}
    assert learners(listed(editor_client, model, q="stranger capitals")) == {"Sam Stranger"}
    assert listed(editor_client, model, deck=studied.deck.pk, learner=others.pk)
    assert not listed(editor_client, model, deck=elsewhere.pk)
    assert not listed(editor_client, model, q="elsewhere")
    assert not listed(editor_client, model, q="nobody")


@pytest.mark.parametrize("model", MODELS)
def test_guests_are_listed_only_when_filtered(
    editor_client: Client, studied: Studying, others: User, model: type
) -> None:
    assert "Guest" not in learners(listed(editor_client, model))
    assert learners(listed(editor_client, model, guests="yes")) == {"Guest"}


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_queries_do_not_grow_with_learners(
    editor_client: Client,
    studied: Studying,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    model: type,
) -> None:
    pages = [address(model), address(model, "change", model.objects.first().pk)]

    def asked() -> list[int]:
        counts = []
        for page in pages:
            with django_assert_max_num_queries(20) as captured:
                assert editor_client.get(page).status_code == 200
            counts.append(len(captured))
        return counts

    asked()
    few = asked()
    for number in range(12):
        more = Studying(User.objects.create_user(f"l{number}@example.org", name=f"L{number}"), studied.deck)
        more.start()
        more.answer(3)
    assert asked() == few


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "query",
    ["learner=x", "deck=" + "9" * 40, "q=%00", "p=9999", "p=x", "session=x", "o=9", "q=" + "x+" * 500],
)
def test_invalid_query_opens_the_list(
    editor_client: Client, studied: Studying, model: type, query: str
) -> None:
    assert editor_client.get(f"{address(model)}?{query}", follow=True).status_code == 200


def test_enrollment_links_to_its_answers(editor_client: Client, studied: Studying, others) -> None:
    enrollment = Enrollment.objects.get(learner=studied.learner)
    page = editor_client.get(address(Enrollment)).content.decode()
    for model in (StudySession, Review):
        way = f"{address(model)}?learner={studied.learner.pk}&amp;deck={studied.deck.pk}"
        assert way in page
        assert learners(
            listed(editor_client, model, learner=enrollment.learner_id, deck=enrollment.deck_id)
        ) == {"Lena Learner"}
    session = StudySession.objects.get(learner=studied.learner)
    assert {step.session for step in listed(editor_client, Step, session=session.pk)} == {session}


def test_truncated_list_says_that_there_is_more(
    editor_client: Client, studied: Studying, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "3 reviews" in editor_client.get(address(Review)).content.decode()
    monkeypatch.setattr(admin.CappedPaginator, "most_counted", 2)
    assert "The newest 2 reviews" in editor_client.get(address(Review)).content.decode()


@pytest.mark.parametrize("mode", ["test", "matching"])
def test_session_shows_its_result(
    editor_client: Client, learner_client: Client, deck: Deck, mode: str
) -> None:
    learner_client.post(f"{deck.get_absolute_url()}{mode}/", {"questions": 4, "kinds": ["flip", "typed"]})
    session = StudySession.objects.get()
    page = editor_client.get(address(StudySession, "change", session.pk)).content.decode()
    assert {"test": "Not handed in.", "matching": "0 of"}[mode] in page


@pytest.mark.parametrize("model", MODELS)
def test_viewing_needs_staff_status_and_permission(
    learner: User, learner_client: Client, studied: Studying, model: type
) -> None:
    pages = [address(model), address(model, "change", model.objects.first().pk)]
    assert [learner_client.get(page).status_code for page in pages] == [302, 302]
    User.objects.filter(pk=learner.pk).update(is_staff=True)
    assert [learner_client.get(page).status_code for page in pages] == [403, 403]
    learner.user_permissions.add(Permission.objects.get(codename=f"view_{model._meta.model_name}"))
    assert [learner_client.get(page).status_code for page in pages] == [200, 200]


def test_person_is_erased_with_their_reviews(editor_client: Client, studied: Studying, others: User) -> None:
    page = reverse("admin:accounts_user_delete", args=[studied.learner.pk])
    asked = editor_client.get(page).content.decode()
    assert "<li>3 answers</li>" in asked
    assert asked.count("<li>") < 30
    assert editor_client.post(page, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=studied.learner.pk).exists()
    assert learners(list(Review.objects.all())) == {"Sam Stranger", "Guest"}
    assert not CardProgress.objects.filter(learner=studied.learner.pk).exists()


def test_erasing_an_owner_keeps_answers_of_others(
    editor_client: Client, studied: Studying, others: User, owner: User
) -> None:
    page = reverse("admin:accounts_user_delete", args=[owner.pk])
    answers = list(Review.objects.order_by("pk").values())
    assert "<li>3 other learners who have answers in these decks</li>" in editor_client.get(page).text
    editor_client.post(page, {"post": "yes", "decks": "erase"})
    kept = [{**answer, "step_id": None} for answer in answers]
    assert list(Review.objects.order_by("pk").values()) == kept
    assert not Deck.objects.present().exists()
