"""What the site asks of a password beyond Django's own validators."""

import unicodedata

from django.core.exceptions import ValidationError

# Letters and symbols by category that look like a blank: fillers of Hangul, the empty cell of Braille.
_BLANK_LETTERS = set("\u115f\u1160\u2800\u3164\uffa0")


class VisiblePasswordValidator:
    """Refuses passwords of blanks alone, of any kind and width: somebody has leant on the space bar.

    Blanks around or between what can be seen belong to the password, and are kept wherever one is typed.
    """

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError unless there is a letter, a number, a punctuation mark or a symbol to see."""
        if not any(
            unicodedata.category(character)[0] in "LNPS" and character not in _BLANK_LETTERS
            for character in password
        ):
            raise ValidationError(self.get_help_text(), code="password_blank")

    def get_help_text(self) -> str:
        return "A password needs at least one visible character."
