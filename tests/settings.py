"""The site's settings, changed where tests would otherwise be slow."""

from studysite.settings import *  # noqa: F403
from studysite.settings import STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files are served from where they are written, without having been collected.
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
