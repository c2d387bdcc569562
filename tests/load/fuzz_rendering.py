"""Renders random texts: does any raise an exception, take too long, or need too much memory?

    python -m tests.load.fuzz_rendering --texts 20000          # some minutes
    python -m tests.load.fuzz_rendering --texts 500 --seed 7   # others

The same seed makes the same texts. Exits with 1 if a text exceeds a limit, and prints it.
"""

import argparse
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cards.text.formulas.process import converter
from cards.text.markdown import CODE_LANGUAGES, MAX_HTML, MAX_SOURCE, plain, render

MOST_SECONDS, MOST_MEGABYTES = 2.0, 300
"""For one text, processor time; and for this process, or its helper, over all of them."""

WORDS = "a 1 loss the x² é 漢 😀 don't 3.14 key-value C++ Fe₂O₃ ‽".split()
WORDS += [" ", "\u00a0", "\u200b", "\u202e", "\u2028", "\ufeff", "\0", "\ud800"]
MARKS = "* ** *** _ __ ~~ ` `` ``` ~ ! # & &amp; &#x6a; < > <b> </b> <!-- --> | : ; ' \" = + - ^ @ %".split()
MARKS += ["\\", "\\\\"]
BLOCKS = ["\n", "\n\n", "- ", "* ", "+ ", "1. ", "9) ", "> ", "# ", "###### ", "    ", "\t", "---\n", "***\n"]
BLOCKS += [
    "|",
    "|-|\n",
    "a|b\n-|-\n",
    "|:-:|-:|\n",
    "```\n",
    "~~~\n",
    "[x]: http://a.b\n",
    "  \n",
    "\\\n",
    "  - ",
]
LINKS = ["[", "]", "(", ")", "](", "![", "[a](b)", "<http://a.b>", "<a@b.c>", "http://a.b", "[a](<", "[a][b]"]
COMMANDS = r"""
    \frac \sqrt \text{ \mathrm{ \mathbb{R} \sum_{ \int \alpha \left( \right) \left\{ \right. \middle| \hat \vec
    \begin{matrix} \end{matrix} \begin{cases} \end{cases} \begin{aligned} \end{aligned} \begin{array}{c|c}
    \end{array} \\ & \overline{ \underbrace{ \operatorname{ \color{red} \textcolor{red}{ \tag{ \label{ \ref{ \href{
    \cancel{ \binom \substack{ \limits \pmod \ket{ \displaystyle \, \! \quad \{ \} \| \langle \rangle \lfloor
    \rfloor \bigl( \bigr) \not \prime \cdots \over \choose \hline \foo
""".split()
LATEX = [*COMMANDS, *"{}[]()|^_'xy12+-=<>,.%~#&", "_{", "^{", "_1^2", " "]
FORMULAS = ["$", "$$", " $", "$ ", "$x$", "$$x$$", "\n$$\n", r"\(", r"\)", r"\[", r"\]", "$5", r"\$"]
LANGUAGES = [
    *sorted(CODE_LANGUAGES),
    "c#",
    "perl",
    "python3",
    "Python",
    "c {.x}",
    "é",
    "../../etc",
    "html+php",
    "'",
]
CODE = [
    "def f(x):\n",
    "\n",
    " ",
    "'",
    '"',
    '"""',
    "/*",
    "*/",
    "//",
    "#",
    "{",
    "}",
    "(",
    "<a",
    "</a>",
    "<?php",
    "\\",
]
CODE += [
    "{{",
    "${",
    "a.",
    "0x",
    "=>",
    "`",
    "@",
    "~",
    "|",
    "%",
    "--",
    "1e",
    "\t",
    "<<EOF\n",
    "r'",
    "$(",
    "[[",
    ";",
    "é",
]

Make = Callable[[random.Random], str]


def soup(chance: random.Random) -> str:
    """Anything after anything."""
    kinds = [WORDS, MARKS, BLOCKS, LINKS, LATEX, FORMULAS]
    return "".join(chance.choice(chance.choice(kinds)) for _ in range(chance.choice([3, 10, 40, 300, 3_000])))


def repeated(chance: random.Random) -> str:
    """A few pieces over and over: what takes time that grows with the square of a text."""
    kinds = [WORDS, MARKS, BLOCKS, LINKS, FORMULAS, LATEX]
    unit = "".join(chance.choice(chance.choice(kinds)) for _ in range(chance.randint(1, 4))) or "a"
    ends = [chance.choice(chance.choice(kinds)) for _ in range(2)]
    return ends[0] + unit * (MAX_SOURCE // len(unit)) + ends[1]


def nested(chance: random.Random) -> str:
    """Lists, quotations and emphasis, each in the one before; deeper than anybody writes."""
    openers = [
        chance.choice(["> ", "- ", "1. ", "* ", "  ", "**", "*", "~~", "[", "![", "| ", "# "])
        for _ in range(3)
    ]
    depth = chance.choice([3, 20, 200, 2_000])
    if chance.random() < 0.5:
        return "".join(chance.choice(openers) for _ in range(depth)) + "x"
    indent = ""
    lines = []
    for _ in range(min(depth, 140)):
        lines.append(f"{indent}{chance.choice(openers)}x")
        indent += "  "
    return "\n".join(lines)


def half_typed(chance: random.Random) -> str:
    """Formulas as they are while somebody types them."""
    formulas = []
    for _ in range(chance.choice([1, 3, 30, 400])):
        latex = "".join(chance.choice(LATEX) for _ in range(chance.choice([1, 4, 12, 60, 300])))
        latex = latex[: chance.randint(1, len(latex))]
        formulas.append(f"{chance.choice(['$', '$$', ' $'])}{latex}{chance.choice(['$', '$$', '$', ''])}")
    return chance.choice([" ", "\n", "", " and "]).join(formulas)


def repeated_latex(chance: random.Random) -> str:
    """One formula of a few pieces over and over."""
    unit = "".join(chance.choice(LATEX) for _ in range(chance.randint(1, 3)))
    return f"${unit * (chance.choice([30, 300, 990]) // len(unit))}$"


def code(chance: random.Random) -> str:
    """Fences that name a language, with what its lexer may be slow at."""
    language, fence = chance.choice(LANGUAGES), chance.choice(["```", "~~~", "````"])
    if chance.random() < 0.5:
        text = "".join(chance.choice(CODE) for _ in range(chance.choice([5, 50, 600])))
    else:
        unit = "".join(chance.choice(CODE) for _ in range(chance.randint(1, 3)))
        text = (unit * 1_200)[: chance.choice([100, 1_199])]
    return f"{fence}{language}\n{text}\n{chance.choice([fence, ''])}"


def table(chance: random.Random) -> str:
    """Wide tables, long ones, and such as have rows of other lengths."""
    columns, rows = chance.choice([1, 2, 30, 900]), chance.choice([1, 5, 400])
    cells = ["a", "", "**b**", "$x$", "`|`", "\\|", "[", "*"]
    lines = ["|".join(chance.choice(cells) for _ in range(columns)), "|".join(["-"] * columns)]
    lines += ["|".join(chance.choice(cells) for _ in range(chance.choice([1, columns]))) for _ in range(rows)]
    return "\n".join(lines)


def characters(chance: random.Random) -> str:
    """Characters of all of Unicode, half of a pair included."""
    return "".join(chr(chance.randrange(0x110000)) for _ in range(chance.choice([5, 100, 9_999])))


KINDS: tuple[Make, ...] = (soup, repeated, nested, half_typed, repeated_latex, code, table, characters)


def texts(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """This many kinds and texts, at most as long as a side of a card."""
    chance = random.Random(seed)
    for _ in range(count):
        make = chance.choice(KINDS)
        yield make.__name__, make(chance)[:MAX_SOURCE]


def megabytes(process: int | str = "self") -> float:
    """The most memory that a process has held so far."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def processor_time() -> float:
    """Of this process, and of the helpers that a formula has ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def check(count: int, seed: int) -> list[str]:
    """Render this many texts; returns the faults, in words. Prints their time and memory."""
    wrong, worst = [], (0.0, "", "")
    for kind, text in texts(count, seed):
        started = processor_time()
        try:
            rendered = render(text)
            plain(text)
        except Exception as error:
            wrong.append(f"{kind}: {error!r}: {text!r}")
            continue
        seconds = processor_time() - started
        worst = max(worst, (seconds, kind, text))
        if seconds > MOST_SECONDS or len(rendered) > 5 * MAX_HTML:
            wrong.append(f"{kind}: {seconds:.1f} s, {len(rendered):,} characters: {text!r}")
    helper = megabytes(converter.process.pid) if converter.process else 0.0
    print(f"{count:,} texts: {worst[0]:.2f} s at most ({worst[1]}: {worst[2][:60]!r})")
    print(f"{megabytes():.0f} MB, and {helper:.0f} MB the converter of formulas")
    if max(megabytes(), helper) > MOST_MEGABYTES:
        wrong.append(f"above {MOST_MEGABYTES} MB")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if wrong := check(chosen.texts, chosen.seed):
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
