"""Settings of the floor: the site's server and database settings, and what `django-admin startproject` gives."""

from copy import deepcopy
from pathlib import Path

from studysite import settings as site

DATA_DIR, SECRET_KEY, ALLOWED_HOSTS = site.DATA_DIR, site.SECRET_KEY, site.ALLOWED_HOSTS
DEBUG = False

# --- What the server reads.

HOST, PORT, WORKERS, SITE_URL = site.HOST, site.PORT, site.WORKERS, site.SITE_URL
CLIENT_SECONDS, THREADS, TEMPORARY_FILES = site.CLIENT_SECONDS, site.THREADS, site.TEMPORARY_FILES
MAX_REQUEST, MAX_IMPORT = site.MAX_REQUEST, site.MAX_IMPORT
BODY_QUOTA, RESPONSE_QUOTA = site.BODY_QUOTA, site.RESPONSE_QUOTA

# --- The database: Django's own backend, with the site's options but the one that overwrites what is deleted.

DATABASES = deepcopy(site.DATABASES)
if DATABASES["default"]["ENGINE"] == "studysite.sqlite":
    DATABASES["default"]["ENGINE"] = "django.db.backends.sqlite3"
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={site.SQLITE_SYNC};",
        "timeout": 20,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- The project. The server's types of requests import the site's users, so these are the floor's users too.

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "tests.load.floor.apps.PeopleConfig",
    "tests.load.floor",
]
AUTH_USER_MODEL = "accounts.User"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "tests.load.floor.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]
USE_I18N = False
USE_TZ = True
LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"level": "WARNING"}}
