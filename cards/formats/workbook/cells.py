"""A cell of a workbook -> the text that a person sees in it, whatever their language. Pure."""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

NUMBER = re.compile(r"(#,##)?(0+)(?:\.(0+))?(%?)(?:_.)?\Z")
"""Number formats that are followed: zeros at the beginning, decimals, thousands and percent."""

ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How Excel writes characters that XML cannot hold, and texts that look like this."""

MAX_DIGITS, MAX_DECIMALS = 15, 30
"""Significant digits of a number in Excel, and the decimals that a number format may show there."""

EXACT = Context(prec=MAX_DIGITS + MAX_DECIMALS + 5)


def text_of(value: Any, number_format: str = "General") -> str:
    """The text of a cell's value: dates as in ISO 8601, numbers with the digits that Excel shows."""
    if value is None:
        return ""
    if isinstance(value, str):
        return unescaped(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number_text(value, number_format)
    return time_text(value)


def unescaped(text: str) -> str:
    """``text`` without Excel's escapes. openpyxl removes only those of texts that look like one."""
    if "_x" not in text:
        return text
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)) if match[1] not in ("0000", "000D") else "", text)


def number_text(value: float, number_format: str) -> str:
    shape = NUMBER.match(number_format.split(";")[0].replace('"', "").replace("\\", ""))
    if shape is None or value != value or abs(value) >= 10**MAX_DIGITS:
        return str(value) if isinstance(value, int) else format(value, f".{MAX_DIGITS}G")
    thousands, zeros, decimals, percent = shape.groups()
    # Excel rounds halves away from zero, and the number as it is written, not its binary value.
    number = Decimal(repr(abs(value))) * (100 if percent else 1)
    unit = Decimal(1).scaleb(-min(len(decimals or ""), MAX_DECIMALS))
    shown = f"{number.quantize(unit, ROUND_HALF_UP, EXACT):f}"
    whole, _, rest = shown.partition(".")
    whole = f"{int(whole):,}" if thousands else whole.zfill(len(zeros))
    sign = "-" if value < 0 and float(shown) else ""
    return f"{sign}{whole}{'.' + rest if rest else ''}{percent}"


def time_text(value: Any) -> str:
    if isinstance(value, datetime):
        has_time = value.time() != time()
        return f"{value:%Y-%m-%d} {clock(value.time())}" if has_time else value.date().isoformat()
    if isinstance(value, time):
        return clock(value)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
    return value.isoformat() if isinstance(value, date) else str(value)


def clock(value: time) -> str:
    return f"{value:%H:%M:%S}" if value.second else f"{value:%H:%M}"
