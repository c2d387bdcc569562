"""The engine's enums as choices of database fields."""

from cards.models import SideChoice
from sessions_app.study.modes import MODES
from sessions_app.study.types import Evidence, JudgedBy, Kind, Level, Rating, State, Verdict

SIDES = [(side, side.label) for side in (SideChoice.TERM, SideChoice.DEFINITION)]
MODE_CHOICES = [(mode.name, mode.title) for mode in MODES.values()]
ANKI = "anki"
ANKI_CHOICE = (ANKI, "Anki")
"""The mode of an answer that was given in Anki."""

EVIDENCE = [(evidence.value, evidence.name.capitalize()) for evidence in Evidence]
KINDS = [(kind.value, kind.name.replace("_", "/").capitalize()) for kind in Kind]
VERDICTS = [(verdict.value, verdict.name.capitalize()) for verdict in Verdict]
JUDGES = [(judge.value, judge.name.capitalize()) for judge in JudgedBy]
RATINGS = [(rating.value, rating.name.capitalize()) for rating in Rating]
LEVELS = [(level.value, level.name.capitalize()) for level in Level]
STATES = [(state.value, state.name.capitalize()) for state in State]

MAX_RESPONSE = 2_000
