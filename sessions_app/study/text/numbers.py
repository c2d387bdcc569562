"""Numbers with units, for comparison by value."""

import re
from dataclasses import dataclass
from fractions import Fraction

# Longer texts, in characters, are no numbers; larger powers of ten would take too long to calculate.
LONGEST = 60
MOST_TENS = 60

NUMBER = re.compile(
    r"(?P<sign>[-+]?)(?P<currency>[€£¥$]?) ?"
    r"(?P<whole>\d{1,3}(?:(?P<group>[, '\u202f])\d{3})(?:(?P=group)\d{3})*|\d+)"
    r"(?:(?P<point>[.,])(?P<decimals>\d+))?(?:/(?P<below>\d+))?"
    r"(?: ?(?:e|[*×x·] ?10\^?)(?P<tens>[-+]?\d+))?"
    r" ?(?P<unit>(?:[^\W\d_]|[%‰°€£¥$Ωµ])(?:\D|(?<=[a-zA-Z^-])[1-4](?!\d))*)?",
    re.IGNORECASE,
)
# The era before the year: AD 476.
ERA = re.compile(r"(AD|A\.D\.|CE|BC|BCE) ?(\d+)", re.IGNORECASE)
SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
# In ASCII: beyond it IGNORECASE takes letters that only look like these, as a dotless i.
SCALED = re.compile(rf"(?<=\d) ?((?ai:{'|'.join(SCALES)}))\b")
DIGIT = re.compile(r"\d")
IN_YEAR = re.compile(r"in (?:the year )?(?=\d{3,4}$)", re.IGNORECASE)
NEGATIVE = re.compile(r"(?:minus|negative) (?=\w)", re.IGNORECASE)
DEGREES = re.compile(r"° (?=\w)")
BARE_POINT = re.compile(r"(?<![\d.])(?=\.\d)")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
TEN_POWER = re.compile("(?<=10)[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")

SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty"
).split()
NAMED = {name: str(value) for value, name in enumerate(SMALL)}
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NAMED |= {name: str(value * 10) for value, name in enumerate(TENS, 2)}
NAMED |= {
    f"{ten}{gap}{one}": NAMED[ten][0] + NAMED[one] for ten in TENS for one in SMALL[1:10] for gap in " -"
}
NAMED |= {
    "half": "1/2",
    "a half": "1/2",
    "one half": "1/2",
    "one third": "1/3",
    "a third": "1/3",
    "two thirds": "2/3",
}
NAMED |= {"quarter": "1/4", "a quarter": "1/4", "one quarter": "1/4", "three quarters": "3/4"}
LARGE = {"hundred": "100", "thousand": "1000", "million": "1000000"}
NAMED |= {f"{count}{name}": value for name, value in LARGE.items() for count in ("", "a ", "one ")}
NAMED |= {"½": "1/2", "¼": "1/4", "¾": "3/4", "first": "1st", "third": "3rd", "fourth": "4th", "fifth": "5th"}

UNITS = {
    "%": "percent|per cent",
    "°": "degree|degrees|deg",
    "°C": "degrees celsius|degree celsius|celsius|degrees C|degC|C",
    "°F": "degrees fahrenheit|fahrenheit|degrees F",
    "kg": "kilogram|kilograms|kilo|kilos|kgs|KG",
    "g": "gram|grams|gramme|grammes",
    "mg": "milligram|milligrams",
    "t": "tonne|tonnes",
    "km": "kilometre|kilometres|kilometer|kilometers|KM|Km",
    "m": "metre|metres|meter|meters",
    "cm": "centimetre|centimetres|centimeter|centimeters|CM",
    "mm": "millimetre|millimetres|millimeter|millimeters",
    "µm": "μm|um|micrometre|micrometres|micrometer|micrometers",
    "l": "L|litre|litres|liter|liters",
    "ml": "mL|ML|millilitre|millilitres|milliliter|milliliters",
    "s": "sec|second|seconds",
    "min": "minute|minutes|mins",
    "h": "hr|hrs|hour|hours",
    "day": "days",
    "year": "years|yr|yrs",
    "Hz": "hz|hertz|HZ",
    "V": "volt|volts",
    "W": "watt|watts",
    "A": "amp|amps|ampere|amperes",
    "Ω": "ohm|ohms|Ohm",
    "J": "joule|joules",
    "N": "newton|newtons",
    "Pa": "pascal|pascals",
    "m/s2": "ms-2|m/s/s|metres per second squared|meters per second squared",
    "m2": "sqm|square metres|square meters|square metre|square meter",
    "m3": "cubic metres|cubic meters|cubic metre|cubic meter",
    "cm3": "cc|cubic centimetres|cubic centimeters",
    "ft": "foot|feet",
    "in": "inch|inches",
    "mi": "mile|miles",
    "lb": "lbs|pound|pounds",
    "oz": "ounce|ounces",
    "mol": "mole|moles",
    "K": "kelvin|kelvins",
    "week": "weeks|wk|wks",
    "month": "months",
    "century": "centuries",
    "mph": "miles per hour",
    "m/s": "metres per second|meters per second|ms-1",
    "km/h": "kph|kilometres per hour|kilometers per hour|kmh",
    "kB": "KB|kb",
    "$": "dollar|dollars|usd|USD",
    "€": "euro|euros|eur|EUR",
    "£": "pound sterling|pounds sterling|GBP",
    "BC": "bc|BCE|bce|b.c|B.C",
    "AD": "ad|CE|ce|a.d|A.D",
}
UNIT_NAMES = {name: unit for unit, names in UNITS.items() for name in names.split("|")}


# A longer unit is a word, in which case makes no difference.
LONGEST_SYMBOL = 4
UNIT_SIGNS = str.maketrans(dict.fromkeys("^·*⋅() "))


@dataclass(frozen=True, slots=True)
class Quantity:
    """The values that a text may mean (``1.000`` is 1 or 1000), the most likely first, and its unit."""

    values: tuple[Fraction, ...]
    unit: str


def quantity(text: str) -> Quantity | None:
    """Return a tidy text as a quantity, or None if it is not a single number."""
    text = text.strip("$ ") if text.startswith("$") and text.endswith("$") else text
    if not text or len(text) > LONGEST:
        return None
    if text[:1] in "mnMN" and (negative := NEGATIVE.match(text)):
        text = "-" + named(text[negative.end() :])
    else:
        text = named(text)
    if not DIGIT.search(text):
        return None
    text = IN_YEAR.sub("", text)
    text = ERA.sub(r"\2 \1", DEGREES.sub("°", BARE_POINT.sub("0", text)))
    text = SCALED.sub(lambda found: f"e{SCALES[found[1].casefold()]}", text)
    text = TEN_POWER.sub(lambda found: "^" + found[0].translate(SUPERSCRIPTS), text)
    found = NUMBER.fullmatch(text)
    if not found or (not text.isascii() and any(char.isdecimal() and not char.isascii() for char in text)):
        return None
    unit = found["currency"] or (found["unit"] or "").strip()
    if found["currency"] and found["unit"]:
        return None
    values = readings(found)
    return Quantity(values, one_unit(unit)) if values else None


def named(text: str) -> str:
    """Return a number in words as digits, and any other text unchanged, both without final punctuation."""
    return NAMED.get(text.casefold().rstrip(".!"), text).rstrip(".,;!")


def one_unit(unit: str) -> str:
    """Return the symbol of a unit that is written in full or with other signs."""
    if unit in UNIT_NAMES:
        return UNIT_NAMES[unit]
    if len(unit) > LONGEST_SYMBOL and unit.casefold() in UNIT_NAMES:
        return UNIT_NAMES[unit.casefold()]
    unit = unit.translate(SUPERSCRIPTS).translate(UNIT_SIGNS)
    return UNIT_NAMES.get(unit, unit)


def readings(found: re.Match[str]) -> tuple[Fraction, ...]:
    whole = re.sub(r"\D", "", found["whole"])
    decimals = found["decimals"] or ""
    tens = int(found["tens"] or 0)
    below = int(found["below"] or 1)
    if abs(tens) > MOST_TENS or below == 0:
        return ()
    sign = -1 if found["sign"] == "-" else 1
    scale = sign * Fraction(10) ** tens / below
    values = [Fraction(f"{whole}.{decimals or 0}") * scale]
    if (
        found["point"] == "."
        and not found["group"]
        and len(decimals) == 3
        and len(whole) <= 3
        and whole[0] != "0"
    ):
        values.append(int(whole + decimals) * scale)
    return tuple(values)
