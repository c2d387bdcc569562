"""Random texts for the judge: ``python -m tests.load.judging --pairs 20000``.

Scripts of all kinds, letters that look like others, half-typed LaTeX, numbers and dates in many forms, one text
made of another by slips, and all of these as long as a form lets through. Prints what failed, the slowest and the
memory; ends with 1 where a rule failed, or a pair took more than `MOST_SECONDS`.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
import unicodedata
from collections import Counter, defaultdict
from logging.handlers import BufferingHandler
from pathlib import Path

from sessions_app.study.judging import Reason, difference, failures, judge
from sessions_app.study.text import word_lists

MOST_SECONDS, MOST_MEGABYTES = 2.0, 300
LENGTHS = (999, 1_000, 1_001, 2_000, 10_000)
CASES = Path(__file__).parents[1] / "sessions_app" / "study" / "answers.txt"
KNOWN = [line.split(" | ", 2)[2] for line in CASES.read_text().splitlines() if " | " in line]
PIECES = [
    *r"\frac \frac{ \frac{} \frac{}{} \frac12 {} } { ^ ^{ _ _{ \sqrt{ \left( $ $$ \text{ \upsilon \ &".split(),
    *"αβ ο υ ς ο/η ϒ ἐῥ ı ı ii İ ſ K Å µ ß ﬁ ŉ ΐ Ⅰ ⅳ ² ½ ٣ 𝟛 ∞ ‰ ℃ № … ; , / | . : - ( ) [ ] + * = ' \" !".split(),
    *"kg m/s2 °C % million mıllion billion e5 ×10⁻³ 10^9 1e999 1/0 -1 1.000 .5 minus half forty-two BC".split(),
    *(
        "4 July 1776",
        "1776-07-04",
        "04.7.1776",
        "٤ July",
        "march",
        "märz 3",
        "99/99/9999",
        " / ",
        " or ",
        "the ",
        "not ",
    ),
    *(
        "\u0301",
        "\u0315" * 40,
        "\u3099",
        "\u05b0",
        "\ufe0f",
        "\0",
        "\x85",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\ud800",
        "\n",
    ),
]


def by_script() -> list[list[str]]:
    """All characters that have a name, by its first word: LATIN, GREEK, CJK."""
    found = defaultdict[str, list[str]](list)
    for char in map(chr, range(0x110000)):
        if name := unicodedata.name(char, ""):
            found[name.split()[0]].append(char)
    return list(found.values())


class Texts:
    """Makes texts by a seed."""

    def __init__(self, seed: int) -> None:
        self.chance, self.scripts = random.Random(seed), by_script()

    def piece(self) -> str:
        way = self.chance.random()
        if way < 0.2:
            return "".join(
                self.chance.choices(self.chance.choice(self.scripts), k=self.chance.randrange(1, 6))
            )
        return self.chance.choice(KNOWN if way < 0.35 else PIECES)

    def text(self) -> str:
        pieces = (self.piece() for _ in range(self.chance.choice((0, 1, 1, 2, 2, 3, 5, 12))))
        text = self.chance.choice(("", " ")).join(pieces)
        if text and self.chance.random() < 0.02:
            length = self.chance.choice(LENGTHS)
            text = (text * (length // len(text) + 1))[:length]
        return text

    def slipped(self, text: str) -> str:
        """The text with some of it replaced, in another case or another composition."""
        place = self.chance.randrange(len(text) + 1)
        text = (
            text[:place] + self.chance.choice(("", self.piece())) + text[place + self.chance.randrange(2) :]
        )
        form = self.chance.choice(("NFC", "NFD", "NFKC", ""))
        return unicodedata.normalize(form, text) if form else text.swapcase()  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    texts, reasons, slowest, log = Texts(given.seed), Counter[Reason](), 0.0, BufferingHandler(given.pairs)
    failures.logger.addHandler(log)
    for _ in range(given.pairs):
        answer, others = texts.text(), [texts.text() for _ in range(3)]
        typed = texts.slipped(answer) if texts.chance.random() < 0.6 else texts.text()
        started = time.process_time()
        judgement = judge(
            typed, answer, accepted=others[:1], prompt=others[1], others=others, twins=others[2:]
        )
        difference(typed, answer)
        slowest = max(slowest, time.process_time() - started)
        reasons[judgement.reason] += 1
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(", ".join(f"{reason}: {count:,}" for reason, count in reasons.most_common()))
    failed = Counter(record.getMessage() for record in log.buffer)
    print(f"slowest {slowest:.2f} s, {megabytes} MB, {failed.total()} failed", *failed, sep="\n")
    if failed or slowest > MOST_SECONDS or megabytes > MOST_MEGABYTES:
        sys.exit(1)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        word_lists.keep_in(Path(directory))
        word_lists.lists()
        main()
