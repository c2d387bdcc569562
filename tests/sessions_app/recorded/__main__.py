"""Records the sittings anew, or prints a record: see the package."""

import os
import sys

import pytest

from tests.sessions_app.recorded import recordings


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--show"]:
        for name in arguments[1:]:
            print("\n".join(recordings.read(name)))
        return 0
    os.environ[recordings.RECORD] = "yes"
    chosen = " or ".join(arguments)
    return pytest.main(
        ["-q", "-p", "no:cacheprovider", str(recordings.FOLDER.parent), *(["-k", chosen] if chosen else [])]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
