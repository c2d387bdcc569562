"""The application that the server runs: Django behind the adapter."""

import os
import tempfile

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studysite.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from studysite.http.requests import largest_body  # noqa: E402
from studysite.server.adapter import Adapter  # noqa: E402
from studysite.server.bodies import DiskQuota  # noqa: E402
from studysite.server.django_threads import DjangoThreads  # noqa: E402

# Not in the system's directory for temporary files: that may be in memory, or on a disk that nobody monitors.
settings.TEMPORARY_FILES.mkdir(mode=0o700, exist_ok=True)
tempfile.tempdir = os.fspath(settings.TEMPORARY_FILES)

application = Adapter(
    DjangoThreads(settings.THREADS),
    largest=largest_body,
    # The largest import has to fit, even if many workers share the quota.
    quota=DiskQuota(max(settings.MAX_IMPORT, settings.BODY_QUOTA // settings.WORKERS)),
    response_quota=settings.RESPONSE_QUOTA // settings.WORKERS,
    seconds=settings.CLIENT_SECONDS,
)
