"""Makes .venv and installs a locked requirements file into it, unless that is done already.

    python3 studysite/install.py requirements.txt

Run by make with the machine's own Python, so the standard library is all it uses.
"""

import fcntl
import importlib.util
import subprocess
import sys
from pathlib import Path

VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"


def stamp(requirements: Path) -> Path:
    """A copy of what was installed; without any, .venv was never finished and is made anew."""
    return VENV / requirements.name


def works() -> bool:
    """Whether .venv was finished once, by a Python that this machine still has."""
    finished = any(VENV.glob("requirements*.txt")) and PYTHON.exists()
    return finished and subprocess.run([PYTHON, "-c", "import pip"], capture_output=True).returncode == 0


def is_installed(requirements: Path) -> bool:
    try:
        return stamp(requirements).read_bytes() == requirements.read_bytes() and works()
    except FileNotFoundError:
        return False


def make_venv() -> None:
    """Raise SystemExit where Python came without what it needs, as Debian's does."""
    if not importlib.util.find_spec("ensurepip") or not importlib.util.find_spec("venv"):
        sys.exit("Python's module venv is missing. On Debian and Ubuntu: sudo apt install python3-venv")
    if subprocess.run([sys.executable, "-m", "venv", "--clear", VENV]).returncode:
        sys.exit("Python could not make the directory .venv; its reason is above.")


def install(requirements: Path) -> None:
    print(f"Installing {requirements} into {VENV}: half a minute or so.", flush=True)
    if not works():
        make_venv()
    finished = {path: path.read_bytes() for path in VENV.glob("requirements*.txt")}
    for path in finished:
        path.unlink()
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes")
    if subprocess.run([*pip, "-r", requirements]).returncode:
        sys.exit(f"{requirements} could not be installed; pip's reason is above. The next run tries again.")
    for path, content in {**finished, stamp(requirements): requirements.read_bytes()}.items():
        path.write_bytes(content)


def main(requirements: Path) -> None:
    with requirements.open() as lock:
        # A second make waits here for the first, and then finds everything done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_installed(requirements):
            install(requirements)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit("Interrupted; the next run starts the installation again.")
