"""Numbers compared by value, with the same unit."""

import re
from dataclasses import dataclass
from fractions import Fraction

# Longer ones are compared as text; also bounds what a power of ten may cost.
LONGEST = 60
MOST_TENS = 60

NUMBER = re.compile(
    r"(?P<sign>[-+]?)(?P<currency>[€£¥$]?) ?"
    r"(?P<whole>\d{1,3}(?:(?P<group>[, '\u202f])\d{3})(?:(?P=group)\d{3})*|\d+)"
    r"(?:(?P<point>[.,])(?P<decimals>\d+))?(?:/(?P<below>\d+))?"
    r"(?: ?(?:e|[*×x·] ?10\^?)(?P<tens>[-+]?\d+))? ?(?P<unit>[^\W\d_%°€£¥$Ωµ][^\d]*|[%‰°€£¥$Ωµ][^\d]*)?",
    re.IGNORECASE,
)
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
LARGE = {"hundred": "100", "thousand": "1000", "million": "1000000"}
NAMED |= {f"{count}{name}": value for name, value in LARGE.items() for count in ("", "a ", "one ")}
NAMED |= {"½": "1/2", "¼": "1/4", "¾": "3/4", "first": "1st", "third": "3rd", "fourth": "4th", "fifth": "5th"}

UNITS = {
    "%": "percent|per cent",
    "°": "degree|degrees|deg",
    "°C": "degrees celsius|degree celsius|celsius|degrees C",
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
    "m/s": "metres per second|meters per second|m s-1|ms-1",
    "km/h": "kph|kilometres per hour|kilometers per hour|kmh",
    "$": "dollar|dollars|usd|USD",
    "€": "euro|euros|eur|EUR",
    "£": "pound sterling|pounds sterling|GBP",
    "BC": "bc|BCE|bce|b.c|B.C",
    "AD": "ad|CE|ce|a.d|A.D",
}
UNIT_NAMES = {name: unit for unit, names in UNITS.items() for name in names.split("|")}


@dataclass(frozen=True, slots=True)
class Quantity:
    """The values that a text may mean (``1.000`` is 1 or 1000), the likeliest first, and its unit."""

    values: tuple[Fraction, ...]
    unit: str


def quantity(text: str) -> Quantity | None:
    """Return a tidy text as a quantity, or None where it is no single number."""
    text = text.strip("$ ") if text.startswith("$") and text.endswith("$") else text
    if not text or len(text) > LONGEST:
        return None
    text = NAMED.get(text.casefold().rstrip(".!"), text).rstrip(".,;!")
    if not any(map(str.isdigit, text)):
        return None
    text = BARE_POINT.sub("0", text)
    text = TEN_POWER.sub(lambda found: "^" + found[0].translate(SUPERSCRIPTS), text)
    found = NUMBER.fullmatch(text)
    if not found or (not text.isascii() and any(char.isdigit() and not char.isascii() for char in text)):
        return None
    unit = found["currency"] or (found["unit"] or "").strip()
    if found["currency"] and found["unit"]:
        return None
    values = readings(found)
    return Quantity(values, UNIT_NAMES.get(unit, unit)) if values else None


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
