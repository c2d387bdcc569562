"""Why a file cannot be read. Pure."""


class FormatError(ValueError):
    """A file cannot be read; ``str()`` says why in words for the person who chose it.

    ``where`` names the row of a text or the member of an archive, and stands first in the words.
    """

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where
