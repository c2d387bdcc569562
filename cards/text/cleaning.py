"""Texts as they are stored."""

import unicodedata


def clean_text(value: str) -> str:
    """Text as it may be stored: NFC, one kind of line end, no NUL (PostgreSQL refuses it), no lone surrogates."""
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    value = value.encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFC", value).strip()
