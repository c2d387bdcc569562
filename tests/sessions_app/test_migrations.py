"""Migrations that change data, on a database of the version before."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

BEFORE = {"cards": "0007_slices", "sessions_app": "0007_study_days"}


def migrate(**targets):
    """Bring the apps to these migrations, all others to their last; return the models at this point."""
    executor = MigrationExecutor(connection)
    nodes = [(app, targets.get(app, name)) for app, name in executor.loader.graph.leaf_nodes()]
    executor.migrate(nodes)
    return executor.loader.project_state(nodes).apps


@pytest.fixture
def apps_before():
    yield migrate(**BEFORE)
    migrate()


@pytest.mark.parametrize(("wish", "sides"), [("auto", ["definition", "term"]), ("term", ["term", "term"])])
def test_plans_of_open_sessions_name_the_sides_that_are_asked(apps_before, wish, sides):
    def table(name):
        return apps_before.get_model(name).objects

    learner = table("accounts.User").create(email="ada@example.org", name="Ada")
    deck = table("cards.Deck").create(owner=learner, title="D", slug="d")
    cards = [
        table("cards.Card").create(deck=deck, key=side, term="T", definition="D", studied_side=side).pk
        for side in ("definition", "term")
    ]
    table("sessions_app.Enrollment").create(learner=learner, deck=deck, side_choice=wish)
    for finished_at in (None, timezone.now()):
        session = table("sessions_app.StudySession").create(
            learner=learner,
            deck=deck,
            mode="learn",
            seed=1,
            settings={},
            study_day=timezone.now().date(),
            started_at=timezone.now(),
            finished_at=finished_at,
        )
        question = {"side": sides[0], "plan": [*cards, 0]}
        table("sessions_app.Step").create(
            session=session, position=0, card_id=cards[0], question=question, drawn_at=timezone.now()
        )
    Step = migrate().get_model("sessions_app.Step")  # noqa: N806
    found = dict(Step.objects.order_by("pk").values_list("pk", "question__plan"))
    open_step, ended = sorted(found)
    assert found[open_step] == [list(each) for each in zip(cards, sides, strict=True)]
    assert found[ended] == [*cards, 0]
