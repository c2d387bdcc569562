"""Sites for load tests: a server with its own DATA_DIR, and the data that slow clients send and read."""

import hashlib
import io
import json
import random
import resource
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from studysite.server.paths import BASE_DIR
from tests.load.browser import Browser
from tests.load.texts import WORDS
from tests.server import environment, free_port, manage, module_of, python_of, serving

FURNISH = """
import json
from django.core.management import call_command
from django.test import Client
from cards.models import Deck, Visibility
from studysite.accounts.models import User
teacher = User.objects.create_user("teacher@example.org", name="Teacher")
for title, file in {files!r}.items():
    call_command("import_deck", file, owner=teacher.email, title=title, verbosity=0)
large, pictured = (Deck.objects.get(title=title) for title in ("Large", "Pictured"))
Deck.objects.filter(pk=large.pk).update(visibility=Visibility.PUBLIC)
client = Client()
client.force_login(teacher)
keys = list(pictured.cards.in_order().values_list("pk", flat=True))
print("furnished" + json.dumps([large.slug, pictured.slug, client.cookies["sessionid"].value, keys]))
"""
PICTURED = 200
STATIC = "load/large.bin"
STATIC_BYTES = 6 * 2**20


@dataclass
class Site:
    """A running server; once furnished, with a teacher who owns a large public deck, and one for pictures."""

    port: int
    data_dir: Path
    process: subprocess.Popen[str] = field(init=False)
    large: str = ""
    pictured: str = ""
    session: str = ""
    # The keys of the cards for pictures.
    cards: Sequence[int] = ()
    static: str = ""

    @property
    def log(self) -> Path:
        """What the server writes; beside DATA_DIR, so that a full disk does not keep it from being written."""
        return self.data_dir.with_name(f"{self.data_dir.name}.log")

    @property
    def database(self) -> Path:
        """The file, on SQLite."""
        return self.data_dir / "studysite.sqlite3"

    @property
    def large_export(self) -> str:
        return f"/decks/{self.large}/export/tab/"

    def teacher(self) -> Browser:
        """A browser that is signed in as the teacher, with the token for forms."""
        browser = Browser(self.port, {"sessionid": self.session})
        assert browser.get(f"/decks/{self.pictured}/edit/").status == 200
        return browser


@contextmanager
def site(
    data_dir: Path, *, port: int = 0, checkout: Path = BASE_DIR, workers: int = 2, **variables: str
) -> Iterator[Site]:
    """Serve what is in ``data_dir``, at a free port unless one is given."""
    prepare(data_dir, checkout, **variables)
    served = Site(port or free_port(), data_dir)
    with (
        served.log.open("a") as log,
        serving(data_dir, served.port, log, checkout, WORKERS=str(workers), **variables) as process,
    ):
        served.process = process
        yield served


def prepare(data_dir: Path, checkout: Path = BASE_DIR, **variables: str) -> None:
    """Do what a first start does, in a process of its own: a server that did it would keep the memory."""
    if (data_dir / "static").is_dir():
        return
    subprocess.run(
        [python_of(checkout), "-m", module_of(checkout, "prepare")],
        env=environment(data_dir, **variables),
        cwd=checkout,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def furnish(served: Site, *, cards: int) -> None:
    """Add a teacher with a public deck of this many cards, of 600 bytes each, and one for pictures."""
    counts = {"Large": cards, "Pictured": PICTURED}
    files = {title: write_cards(served.data_dir / f"{title}.txt", count) for title, count in counts.items()}
    ended = manage(served.data_dir, "shell", "-c", FURNISH.format(files=files))
    assert ended.returncode == 0, ended.stderr
    served.large, served.pictured, served.session, served.cards = json.loads(
        ended.stdout.rpartition("furnished")[2]
    )


def write_cards(path: Path, count: int) -> str:
    """Write a file of this many cards, and return its path."""
    chance = random.Random(1)
    with path.open("w") as lines:
        for number in range(count):
            lines.write(f"Term number {number}\t{' '.join(chance.choices(WORDS, k=75))}\n")
    return str(path)


def add_static_file(data_dir: Path) -> str:
    """Put a file of 6 MB among the static ones, before the start, and give its path on the site."""
    prepare(data_dir)
    file = data_dir / "static" / STATIC
    file.parent.mkdir()
    file.write_bytes(random.Random(2).randbytes(STATIC_BYTES))
    return f"/static/{STATIC}"


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def picture(number: int) -> bytes:
    """A PNG of some 12 kB, another for each number."""
    noise = random.Random(number).randbytes(64 * 64 * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (64, 64), noise).save(file, "PNG")
    return file.getvalue()


def children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that the server has started."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert found
    return [int(child) for child in found]


def is_running(pid: int) -> bool:
    """Not a zombie either: the parent of a dead process may take some time to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def rebuilding_changes(data_dir: Path, **variables: str) -> str:
    """What `rebuild_progress --check` says differs from the log; empty where nothing does."""
    ended = manage(data_dir, "rebuild_progress", "--check", **variables)
    return "" if ended.returncode == 0 else (ended.stdout + ended.stderr).strip()


def raise_open_files(count: int) -> None:
    """Let this process have this many files open. Raises ValueError if it may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
