"""How long a learner takes for an answer in Spaced, and so for a day's cards."""

from datetime import timedelta
from statistics import median

from sessions_app.models import Review
from sessions_app.questions.every_deck import EveryDeck
from sessions_app.study.modes import SPACED
from studysite.accounts.models import User
from studysite.numbers import counted

RECENT_ANSWERS = 200
USUAL_PACE = timedelta(seconds=10)
SLOWEST_PACE = timedelta(minutes=1)

ANSWERS_PER_DUE = 1.1
"""At the default retention one due card in ten is missed, and comes once more on the same day."""

ANSWERS_PER_NEW = 2
"""A card that the learner sees for the first time is usually missed, and comes once more on the same day."""


def pace(learner: User) -> timedelta:
    """The median time from a question to its answer in Spaced, among the learner's last 200 answers of any mode.

    USUAL_PACE without any. Single answers that took long hardly change a median; it is at most SLOWEST_PACE,
    because questions stay open while the learner does something else.
    """
    lines = Review.objects.filter(learner=learner).order_by("-reviewed_at")
    # Of all modes, so that no more lines are read if most answers were given in another one.
    recent = lines.values_list("mode", "elapsed_ms")[:RECENT_ANSWERS]
    times = [elapsed for mode, elapsed in recent if mode == SPACED.name and elapsed is not None]
    return min(timedelta(milliseconds=median(times)), SLOWEST_PACE) if times else USUAL_PACE


def time_for(plan: EveryDeck, answer: timedelta) -> timedelta:
    """About how long the cards of ``plan`` take, if an answer takes ``answer``."""
    return (ANSWERS_PER_DUE * plan.due + ANSWERS_PER_NEW * plan.new) * answer


def in_words(time: timedelta) -> str:
    """``time`` as a learner plans it: "less than a minute", "about 6 minutes", "about 1 hour 20 minutes".

    Minutes are rounded to five from twenty on, and to ten from one hour on.
    """
    minutes = time.total_seconds() / 60
    if minutes < 1:
        return "less than a minute"
    if minutes < 57.5:
        return f"about {counted(_rounded(minutes, 5 if minutes >= 20 else 1), 'minute')}"
    hours, rest = divmod(_rounded(minutes, 10), 60)
    return f"about {' '.join([counted(hours, 'hour'), *([counted(rest, 'minute')] if rest else [])])}"


def _rounded(minutes: float, step: int) -> int:
    return step * round(minutes / step)
