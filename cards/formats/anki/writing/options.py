"""The options of a package's deck: the FSRS parameters and the desired retention. Pure.

Anki imports them with *Import any deck presets*. Without that, its own options for the deck apply.
"""

from typing import Any

from cards.formats.anki.collection import RETENTION, WEIGHTS
from cards.formats.anki.container import protobuf
from cards.formats.types import Preset

STEP, MOST_A_DAY, NEW_A_DAY = 10.0, 9_999, 20
"""Minutes of the only same-day step here, and the limits of a day. Here the reviews of a day have none."""

LEECH, TAG_ONLY = 8, 1
LONGEST, EASE = 36_500, 2.5

# Field numbers of DeckConfig.Config. What is not written would be 0 there, also where 0 makes no sense.
NUMBERS: dict[int, Any] = {
    1: (STEP,),  # learn_steps
    2: (STEP,),  # relearn_steps
    4: (1.0,) * 7,  # easy_days_percentages
    9: NEW_A_DAY,
    10: MOST_A_DAY,
    11: EASE,
    12: 1.3,  # easy_multiplier
    13: 1.2,  # hard_multiplier
    15: 1.0,  # interval_multiplier
    16: LONGEST,
    17: 1,  # minimum_lapse_interval
    18: 1,  # graduating_interval_good
    19: 4,  # graduating_interval_easy
    21: TAG_ONLY,
    22: LEECH,
    24: 60,  # cap_answer_time_to_secs
    27: True,  # bury_new
    28: True,  # bury_reviews
    40: 0.9,  # historical_retention
    44: True,  # wait_for_audio
}


def message(preset: Preset) -> bytes:
    """Anki's DeckConfig.Config."""
    return protobuf.write({**NUMBERS, WEIGHTS[0]: preset.weights, RETENTION: preset.retention})


def as_json(key: int, name: str, preset: Preset | None, seconds: int) -> dict[str, Any]:
    """The options as the old schema has them. Without a ``preset``, Anki's default ones."""
    own = preset is not None
    found: dict[str, Any] = {
        "id": key,
        "mod": seconds,
        "name": name,
        "usn": -1,
        "maxTaken": 60,
        "autoplay": True,
        "timer": 0,
        "replayq": True,
        "dyn": False,
        "new": {
            "bury": own,
            "delays": [STEP] if own else [1.0, STEP],
            "initialFactor": int(EASE * 1000),
            "ints": [1, 4, 0],
            "order": 1,
            "perDay": NEW_A_DAY,
        },
        "rev": {
            "bury": own,
            "ease4": 1.3,
            "ivlFct": 1.0,
            "maxIvl": LONGEST,
            "perDay": MOST_A_DAY if own else 200,
            "hardFactor": 1.2,
        },
        "lapse": {"delays": [STEP], "leechAction": TAG_ONLY, "leechFails": LEECH, "minInt": 1, "mult": 0.0},
    }
    if preset:
        found |= {"fsrsParams6": list(preset.weights), "desiredRetention": preset.retention}
    return found
