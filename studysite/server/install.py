"""Makes .venv and installs a locked requirements file into it, unless this is done already.

    python3 studysite/server/install.py requirements.txt

Make runs it with the machine's own Python. It uses only the standard library, and no syntax newer than Python 3.5,
so that an old Python can say that it is too old.
"""

import fcntl
import importlib.util
import subprocess
import sys
from pathlib import Path

VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"


def stamp(requirements: Path) -> Path:
    """The file that is written when all of ``requirements`` is installed; without any, .venv is not finished."""
    return VENV / requirements.name


def stamp_text(requirements: Path) -> str:
    """The installed requirements, and their Python: .venv only works with the Python that made it."""
    return str(PYTHON.resolve()) + "\n" + requirements.read_text()


def works() -> bool:
    """Whether .venv was finished by a Python that this machine still has."""
    made_by = {path.read_text().partition("\n")[0] for path in VENV.glob("requirements*.txt")}
    return PYTHON.exists() and str(PYTHON.resolve()) in made_by


def is_installed(requirements: Path) -> bool:
    kept = stamp(requirements)
    return PYTHON.exists() and kept.exists() and kept.read_text() == stamp_text(requirements)


def make_venv() -> None:
    """Make .venv. Raise SystemExit if Python's module venv is missing, as on Debian."""
    if not importlib.util.find_spec("ensurepip") or not importlib.util.find_spec("venv"):
        sys.exit("Python's module venv is missing. On Debian and Ubuntu: sudo apt install python3-venv")
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)]).returncode:
        sys.exit("Python could not make the directory .venv; its reason is above.")


def install(requirements: Path) -> None:
    print("Installing " + requirements.name + " into .venv: half a minute or so.", flush=True)
    if not works():
        make_venv()
    finished = {path: path.read_text() for path in VENV.glob("requirements*.txt")}
    for path in finished:
        path.unlink()
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    if subprocess.run([*pip, "-r", str(requirements)]).returncode:
        sys.exit(
            requirements.name + " could not be installed; pip's reason is above. The next run tries again."
        )
    for path, text in {**finished, stamp(requirements): stamp_text(requirements)}.items():
        path.write_text(text)


def main(requirements: Path) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  # this file is what an old Python may run
        version = sys.version.split()[0]
        sys.exit(
            "PYTHON: Studysite needs Python 3.11 or newer, not " + version + "; such as PYTHON=python3.11"
        )
    with requirements.open() as lock:
        # A second make waits here for the first one, and then has nothing to do.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_installed(requirements):
            install(requirements)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit("Interrupted; the next run starts the installation again.")
