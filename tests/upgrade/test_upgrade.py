"""A DATA_DIR of an earlier version, with answers in it, works with this version."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sessions_app.study.scheduling.fsrs_memory import VERSION
from tests.server import manage, query, run

pytestmark = pytest.mark.long

EARLIER = sorted(Path(__file__).parent.glob("*.sql"))
KEPT = (
    "SELECT id, learner_id, card_id, deck_id, step_id, mode, side, kind, evidence, verdict, rating, response,"
    " reviewed_at, study_day, gap, gap_needed, voided_at FROM sessions_app_review ORDER BY id"
)
WITHOUT_DAYS = (
    "SELECT count(*) FROM sessions_app_cardprogress"
    " WHERE (due IS NULL) != (due_day IS NULL) OR (due IS NULL) != (memory_day IS NULL)"
)


@pytest.fixture(params=EARLIER, ids=lambda path: path.stem)
def data_dir(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "studysite.sqlite3")) as database:
        database.executescript(request.param.read_text())
    return tmp_path


def test_start_migrates_everything_and_replays_once(data_dir: Path) -> None:
    before = query(data_dir, KEPT)
    started = run("studysite.server.prepare", data_dir, DEBUG="on")
    assert started.returncode == 0, started.stderr
    assert "4 enrollments replayed" in started.stdout
    assert query(data_dir, KEPT) == before
    assert query(data_dir, WITHOUT_DAYS) == [(0,)]
    assert query(data_dir, "SELECT DISTINCT replayed_with FROM sessions_app_enrollment") == [(VERSION,)]
    checked = manage(data_dir, "rebuild_progress", "--check")
    assert checked.returncode == 0, checked.stdout
    assert "replayed" not in run("studysite.server.prepare", data_dir, DEBUG="on").stdout


def test_interrupted_start_continues_replaying(data_dir: Path) -> None:
    key = "for-a-test-alone-0123456789-abcdefghijklmnop"
    manage(data_dir, "migrate", "--verbosity=0", SECRET_KEY=key)
    manage(data_dir, "rebuild_progress", "--learner", "ada@example.org", SECRET_KEY=key)
    assert "3 enrollments replayed" in run("studysite.server.prepare", data_dir, DEBUG="on").stdout
    assert manage(data_dir, "rebuild_progress", "--check").returncode == 0
