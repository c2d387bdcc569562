"""The files of images on cards.

They are in `folder`, each named by the hash of its content, so that an image is stored once even if many cards
show it. `cards.media.views` decides who may see a file.
"""

import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from cards.media.encoding import Encoded
from cards.models import CHUNK, CardImage
from cards.temporary_files import is_older
from cards.text.images import StoredImage
from studysite.queries.chunks import chunked

MAX_ON_SIDE = 10
"""Images of one side."""

KEPT_UNUSED = timedelta(days=1)
"""How long a file is kept that no card shows. It may be in a form that is not saved yet."""

ENDING = ".webp"
MEDIA_TYPE = "image/webp"


def folder() -> Path:
    return Path(settings.DATA_DIR) / "images"


def path_of(sha256: str) -> Path:
    return folder() / sha256[:2] / f"{sha256}{ENDING}"


def store(encoded: Encoded, alt: str = "") -> StoredImage:
    """Store the file, completely or not at all. The time of an existing file is set to now."""
    path = path_of(encoded.sha256)
    try:
        os.utime(path)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="new-", delete=False) as file:
            try:
                file.write(encoded.data)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    return StoredImage(encoded.sha256, encoded.width, encoded.height, alt)


def unused_images_remove(*, now: datetime) -> int:
    """Remove the files that no card has shown for a day. Returns how many."""
    before = now - KEPT_UNUSED
    count = 0
    old = (path for path in folder().glob("*/*") if is_older(path, before))
    for paths in chunked(old, CHUNK):
        names = [path.stem for path in paths]
        used = set(CardImage.objects.filter(sha256__in=names).values_list("sha256", flat=True))
        for path in paths:
            # The same image may have been uploaded a moment ago.
            if path.stem not in used and is_older(path, before):
                path.unlink(missing_ok=True)
                count += 1
    return count
