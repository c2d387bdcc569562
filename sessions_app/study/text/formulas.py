"""Formulas in one spelling for comparison, whether they are written in LaTeX or with plain signs."""

import re

LONGEST = 400

SUPERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", "0123456789+-=()ni")
SUBS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", "0123456789+-=()")
SUPER_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ]+")
SUB_RUN = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎]+")

COMMANDS = {
    "times": "*", "cdot": "*", "ast": "*", "div": "/", "pm": "±", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥",
    "infinity": "∞", "neq": "≠", "ne": "≠", "approx": "≈", "infty": "∞",
    "sqrt": "√", "to": "→", "rightarrow": "→", "sum": "∑",
    "int": "∫", "partial": "∂", "nabla": "∇", "in": "∈", "cup": "∪", "cap": "∩",
    "dfrac": r"\frac", "tfrac": r"\frac",
    "left": "", "right": "", "displaystyle": "", "quad": "", "qquad": "", "mathrm": "", "text": "",
    "operatorname": "",
}  # fmt: skip
GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon"
        " phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split(),
        "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
        strict=True,
    )
)
COMMAND = re.compile(r"\\([A-Za-z]+)\s*")
NAMED = re.compile(
    r"(?<![\\A-Za-z])(" + "|".join([*GREEK, "sqrt", "infty", "infinity", "in"]) + r")(?![A-Za-z])"
)
SPACING = re.compile(r"\\[,;:! ()\[\]]|[$\s]")
DIGITS_APART = re.compile(r"(?<=\d)\s+(?=\d)")
TIMES = re.compile(r"(?<=\d)[xX](?=\d)")
# Either part may be empty, if the formula is only half typed.
FRACTION = re.compile(r"\\frac(?:\{([^{}]*)\}|(\w))(?:\{([^{}]*)\}|(\w))")
GROUP = re.compile(r"\{([^{}]*)\}")
# A product above a bar needs no brackets.
OVER = re.compile(r"(?<![\w^)√])\(([^-()+±]+)\)/")
TOKEN = re.compile(r"\w+|[α-ω]")
FUNCTIONS = "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp lim max min det".split()
COMMANDS |= {name: name for name in FUNCTIONS}
# One letter or number needs no brackets after a function or root.
ARGUMENT = re.compile(rf"(√|{'|'.join(FUNCTIONS)})\((\w|\d+)\)")
RELATIONS = {">=": "≥", "<=": "≤", "!=": "≠", "->": "→"}
RELATION = re.compile("|".join(RELATIONS))
SIGNS = str.maketrans({"×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "−": "-", "⟶": "→"})
IMPLIED = re.compile(r"(?<!\d)\*|\*(?!\d)")

LOOKS = re.compile(
    r"\$[^$]*\$|\\[A-Za-z(]|[\^=√±×÷∑∫≤≥≠∞∈∪∩⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉]|\d ?[*xX·+/-] ?\d"
    r"|\b[a-zA-Z] ?[+*/] ?[a-zA-Z\d]\b|\b[a-zA-Z]'+\("
)
PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z\u00c0-\u024f\u0370-\u04ff]{4,}")
ALNUM = re.compile(r"[^\W_]|∞")
NUMERAL = re.compile(r"\d+(?:\.\d+)?")
SOLUTION = re.compile(r"[A-Za-z]=([-\d./√π]+)")
OPERATOR = re.compile(r"[-+*/±^∪∩≤≥<>=≠≈∈→]")


# Formulas that only differ in one of these are different: a number, an operator, a minus, a fraction bar, a power.
LIKENESSES = (
    (NUMERAL, "0"),
    (OPERATOR, "+"),
    (re.compile("-"), ""),
    (re.compile("/"), ""),
    (re.compile(r"\^(?:\w|\([^()]*\))"), ""),
)


def looks_like(text: str) -> bool:
    """Whether a tidy text is a formula: it has signs of formulas, and no longer words."""
    return len(text) <= LONGEST and bool(LOOKS.search(text)) and not PROSE.search(text)


def spelled(text: str) -> str:
    """Return a tidy text in the one spelling in which formulas are compared."""
    text = SUPER_RUN.sub(lambda run: "^{" + run[0].translate(SUPERS) + "}", text)
    text = SUB_RUN.sub(lambda run: "_{" + run[0].translate(SUBS) + "}", text)
    text = NAMED.sub(r"\\\1", text)
    text = COMMAND.sub(lambda found: COMMANDS.get(found[1], GREEK.get(found[1], "\\" + found[1])), text)
    text = SPACING.sub("", DIGITS_APART.sub("*", text)).translate(SIGNS).replace("**", "^")
    text = TIMES.sub("*", text)
    text = FRACTION.sub(
        lambda found: f"{grouped(found[1] or found[2] or '')}/{grouped(found[3] or found[4] or '')}", text
    )
    text = ungrouped(text).replace("_", "")
    text = RELATION.sub(lambda found: RELATIONS[found[0]], ARGUMENT.sub(r"\1\2", text))
    text = OVER.sub(r"\1/", IMPLIED.sub("", text))
    return text.strip(".,;")


def grouped(text: str) -> str:
    return text if TOKEN.fullmatch(text) else f"({text})"


def ungrouped(text: str) -> str:
    """The text without braces: around one token they are removed, around more they become brackets."""
    return GROUP.sub(lambda found: grouped(found[1]), text)


def differ_surely(left: str, right: str) -> bool:
    """Whether two formulas in one spelling are certainly different: in letters, or in one number or sign."""
    if set(filter(str.isalpha, left)) != set(filter(str.isalpha, right)):
        return True
    if left.count("'") != right.count("'"):
        return True
    if left.lstrip("-") == right.lstrip("-") or not (ALNUM.search(left) and ALNUM.search(right)):
        return True
    if sorted(left) == sorted(right):
        return False
    return any(pattern.sub(letters, left) == pattern.sub(letters, right) for pattern, letters in LIKENESSES)


def solution(text: str) -> str | None:
    """Return the value in a formula that only gives a variable's value: 2 for x=2; None for others."""
    found = SOLUTION.fullmatch(text)
    return found[1] if found else None
