"""The application that the server runs: Django behind the bridge."""

import os
import tempfile

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studysite.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from studysite.http.requests import largest_body  # noqa: E402
from studysite.server.bodies import Room  # noqa: E402
from studysite.server.adapter import Bridge  # noqa: E402
from studysite.server.django_threads import DjangoThreads  # noqa: E402

# Not where the system has them: that may be memory, or another disk than is looked after.
settings.TEMPORARY_FILES.mkdir(mode=0o700, exist_ok=True)
tempfile.tempdir = os.fspath(settings.TEMPORARY_FILES)

application = Bridge(
    DjangoThreads(settings.THREADS),
    largest=largest_body,
    # The largest import has to fit, however many workers share the room.
    room=Room(max(settings.MAX_IMPORT, settings.ROOM_FOR_BODIES // settings.WORKERS)),
    room_for_answers=settings.ROOM_FOR_ANSWERS // settings.WORKERS,
    seconds=settings.CLIENT_SECONDS,
)
