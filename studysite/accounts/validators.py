"""A password validator in addition to Django's."""

import unicodedata

from django.core.exceptions import ValidationError

# Characters in the categories of letters and symbols that look blank: Hangul fillers, the empty Braille cell.
_BLANK_LETTERS = set("\u115f\u1160\u2800\u3164\uffa0")


class VisiblePasswordValidator:
    """Refuses passwords that have only blank characters, of any kind.

    Blanks next to visible characters are part of the password.
    """

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError unless there is a visible letter, number, punctuation mark or symbol."""
        if not any(
            unicodedata.category(character)[0] in "LNPS" and character not in _BLANK_LETTERS
            for character in password
        ):
            raise ValidationError(self.get_help_text(), code="password_blank")

    def get_help_text(self) -> str:
        return "A password needs at least one visible character."
