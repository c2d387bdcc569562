"""Why a file cannot be read. Pure."""


class FormatError(ValueError):
    """A file cannot be read. ``str()`` is a message for the user.

    ``where`` names the row of a text or the member of an archive, and is the beginning of the message.
    """

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where
