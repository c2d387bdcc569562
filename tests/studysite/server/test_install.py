"""What make does before the site's own Python exists: it makes .venv once, and repairs it."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from studysite.server.paths import BASE_DIR

pytestmark = pytest.mark.long

# Seconds after which a hanging test fails.
MAX_WAIT = 600
WHEEL = "tiny-1.0-py3-none-any.whl"


def write_wheel(directory: Path) -> str:
    """Write a package without code; returns the line that requires exactly it."""
    parts = {
        "tiny.py": "",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(directory / WHEEL, "w") as wheel:
        for name, text in {
            **parts,
            "tiny-1.0.dist-info/RECORD": "".join(f"{name},,\n" for name in parts),
        }.items():
            wheel.writestr(name, text)
    digest = hashlib.sha256((directory / WHEEL).read_bytes()).hexdigest()
    return f"./{WHEEL} --hash=sha256:{digest}\n"


def install(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BASE_DIR / "studysite" / "server" / "install.py"), "requirements.txt"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=MAX_WAIT)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which the wheel was installed; tests that change it take a copy."""
    directory = tmp_path_factory.mktemp("installed")
    (directory / "requirements.txt").write_text(write_wheel(directory))
    assert install(directory).returncode == 0
    return directory


@pytest.fixture
def directory(installed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(installed, tmp_path / "copy", symlinks=True)


def tiny(directory: Path) -> Path:
    return next(directory.glob(".venv/lib/*/site-packages")) / "tiny.py"


def test_locked_packages_are_installed(installed: Path) -> None:
    assert tiny(installed).exists()


def test_second_run_does_nothing(directory: Path) -> None:
    tiny(directory).unlink()
    ended = install(directory)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert not tiny(directory).exists()


def test_interrupted_installation_starts_over(directory: Path) -> None:
    (directory / ".venv/requirements.txt").unlink()
    tiny(directory).unlink()
    (directory / ".venv/bin/python").unlink()
    assert install(directory).returncode == 0
    assert tiny(directory).exists()


def test_package_with_another_hash_is_refused(directory: Path) -> None:
    requirement = (directory / "requirements.txt").read_text()
    last = requirement[-2]
    (directory / "requirements.txt").write_text(requirement[:-2] + ("1" if last == "0" else "0") + "\n")
    ended = install(directory)
    assert ended.returncode == 1
    assert ended.stderr.endswith("The next run tries again.\n")
    assert not (directory / ".venv/requirements.txt").exists()


def make_run(python: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "run", f"PYTHON={python}"]
    return subprocess.run(
        command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=MAX_WAIT
    )


@pytest.fixture
def old_python(tmp_path: Path) -> Path:
    """A Python that reports version 3.9."""
    path = tmp_path / "python3.9"
    pretend = "import runpy, sys; sys.version_info = (3, 9, 2); sys.version = '3.9.2'; del sys.argv[0]"
    run = "runpy.run_path(sys.argv[0], run_name='__main__')"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{pretend}; {run}" "$@"\n')
    path.chmod(0o755)
    return path


def test_old_python_is_refused_in_one_line(old_python: Path) -> None:
    ended = make_run(str(old_python))
    assert ended.returncode != 0
    assert ended.stderr.splitlines()[0].startswith("PYTHON: Studysite needs Python 3.11 or newer")
    assert "3.9.2" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_missing_python_is_refused_in_one_line() -> None:
    ended = make_run("no-such-python")
    assert ended.returncode != 0
    assert "PYTHON: there is no no-such-python" in ended.stdout + ended.stderr
