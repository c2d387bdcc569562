"""Normalising texts before they are stored."""

import unicodedata


def clean_text(value: str) -> str:
    """The text as it is stored: NFC, one kind of line end, no NUL (PostgreSQL rejects it), no lone surrogates."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    value = value.encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFC", value).strip()
