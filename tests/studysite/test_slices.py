"""The time for long work, and claims on its rows."""

import pytest
from django.utils import timezone

from cards.models import ImportDraft
from studysite.slices import Slice

pytestmark = pytest.mark.django_db


def test_lost_claim_is_logged_without_the_token(owner, caplog):
    draft = ImportDraft.objects.create(owner=owner, file_name="Secret.txt")
    with draft.claim() as is_mine, ImportDraft.objects.get().claim() as is_second:
        assert (is_mine, is_second) == (True, False)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == f"cards.ImportDraft {draft.pk} is claimed by another request."


def test_claim_that_nobody_has_is_not_logged(owner, caplog):
    draft = ImportDraft.objects.create(owner=owner, claimed_until=timezone.now())
    with draft.claim() as is_mine:
        assert is_mine
    assert not caplog.records


@pytest.mark.parametrize("seconds", [0, -1])
def test_slice_without_time_runs_one_step(seconds):
    done = []
    steps = (done.append(number) for number in range(3))
    slice_ = Slice(seconds)
    assert (slice_.run(steps), slice_.left, done) == (False, 0, [0])


def test_slice_with_time_runs_all_steps():
    steps = (None for _ in range(3))
    assert Slice(60).run(steps)
