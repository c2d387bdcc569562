"""Shared by the state machines: learners, a clock, a transaction that is rolled back, the rule of the log."""

import os
from datetime import UTC, datetime, timedelta

from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sessions_app.models import Enrollment
from sessions_app.review_log import replaying
from studysite.accounts.models import User

STEPS = 25
"""Rules in each example."""


class LogMachine(RuleBasedStateMachine):
    """Learners answer while the clock jumps; a replay of the log never changes anything."""

    def begin(self, *people: tuple[str, str]) -> None:
        """Start the example with these learners, each a name and a time zone; call it in ``initialize``."""
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.now = datetime(2026, 3, 27, 20, tzinfo=UTC)
        self.learners = [
            User.objects.create_user(f"{name}@example.org", name=name, time_zone=zone)
            for name, zone in people
        ]

    def teardown(self) -> None:
        if hasattr(self, "transaction"):
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    @rule(minutes=st.integers(1, 40) | st.integers(60, 60 * 24 * 12) | st.integers(-60 * 30, -1))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    @precondition(lambda self: hasattr(self, "transaction"))
    def a_replay_changes_nothing(self) -> None:
        for enrollment in Enrollment.objects.select_related("deck", "learner"):
            assert replaying.rebuild(enrollment) == 0


def search(machine: type[LogMachine], *, examples: int) -> None:
    """Run the machine on this many examples, or on MACHINE_EXAMPLES."""
    examples = int(os.environ.get("MACHINE_EXAMPLES", examples))
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=STEPS, deadline=None)
    )
