"""Settings of the site: every value that may differ between installations comes from the environment.

`studysite.server.environment` reads the values strictly: a value that cannot be read, or that would be unsafe
where others can reach the site, stops the start with one line that names the variable. README.md has the table.
"""

import ipaddress
import os
import re

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

from studysite.server.environment import (
    between,
    host_name,
    ip_address,
    one_of,
    read_database,
    read_email,
    read_secret_key,
    refusal,
    split_site_url,
)
from studysite.server.paths import BASE_DIR, data_dir

env = Env()
DATA_DIR = data_dir()

try:
    DEBUG = env.bool("DEBUG", False)
    # The address that the server listens on; the default accepts connections from this machine only.
    HOST = ip_address("HOST", "127.0.0.1")
    PORT = between("PORT", 8000, 1, 65535)
    WORKERS = between("WORKERS", min(os.cpu_count() or 1, 4), 1, 64)
    # How many seconds a client may send or receive nothing before the server disconnects it.
    CLIENT_SECONDS = between("CLIENT_SECONDS", 60, 1, 3600)
    SITE_URL = env.str("SITE_URL", f"http://localhost:{PORT}").rstrip("/")
    EXTRA_HOSTS: list[str] = env.list("EXTRA_HOSTS", [])
    # How many proxies are in front of the site; each adds one address to X-Forwarded-For.
    TRUSTED_PROXIES = between("TRUSTED_PROXIES", 0, 0, 5)
    SECURE_HSTS_SECONDS = between("HSTS_SECONDS", 365 * 24 * 3600, 0, 10 * 365 * 24 * 3600)
    LOG_LEVEL = one_of("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
    # Who may sign up: anyone, only with an invitation, or no one.
    SIGNUP = one_of("SIGNUP", "open", ("open", "invitation", "closed"))
    # Whether visitors may study public decks without an account.
    GUESTS = env.bool("GUESTS", True)
    SQLITE_SYNC = one_of("SQLITE_SYNC", "NORMAL", ("NORMAL", "FULL", "OFF"))
    EMAIL = read_email()
    DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "")
except EnvError as error:
    raise ImproperlyConfigured(str(error)) from None

SECRET_KEY = read_secret_key(DATA_DIR)

# --- Address: SITE_URL decides the allowed hosts and origins, and whether cookies are for https only.

site = split_site_url(SITE_URL)
SITE_HOST = host_name("SITE_URL", site.hostname or "")
EXTRA_HOSTS = [host_name("EXTRA_HOSTS", host.strip()) for host in EXTRA_HOSTS]
if DEBUG and (site.scheme == "https" or SITE_HOST not in ("localhost", "127.0.0.1")):
    raise refusal("DEBUG", "must be off unless SITE_URL is http://localhost: it shows internal details")
if DEBUG and not ipaddress.ip_address(HOST).is_loopback:
    # A client that reaches the port can send any host name, such as localhost.
    raise refusal("DEBUG", "must be off unless HOST is this machine only: it shows internal details")

HTTPS = site.scheme == "https"
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"] if SITE_HOST == "localhost" else []
ALLOWED_HOSTS = list(dict.fromkeys([SITE_HOST, *LOCAL_HOSTS, *EXTRA_HOSTS]))
CSRF_TRUSTED_ORIGINS = [SITE_URL, *(f"{site.scheme}://{host}" for host in EXTRA_HOSTS)]
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = SECURE_HSTS_SECONDS if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# HSTS for subdomains and the preload list are decisions of the domain's owner.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- Applications

INSTALLED_APPS = [
    "studysite.accounts",
    "cards",
    "sessions_app",
    "studysite.admin.config.StudysiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "studysite.http.middleware.request_log",
    "django.middleware.security.SecurityMiddleware",
    # Before static files: an SVG that is opened directly is a page too.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "studysite.http.middleware.permissions_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # After static files, which were compressed when they were collected.
    "studysite.http.compression.PageCompression",
    "studysite.http.middleware.page_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "studysite.accounts.login.known_browsers.remember",
    "studysite.http.middleware.method_not_allowed",
    "studysite.http.middleware.login_redirect",
    "studysite.accounts.guests.learner",
    "cards.middleware.deck_gone_meanwhile",
    "studysite.http.middleware.time_zone",
    # Its response is a page, so it comes late; no middleware before it reads the request's body.
    "studysite.http.middleware.upload_limit",
    "studysite.http.unavailable.unavailable_to_503",
]

ROOT_URLCONF = "studysite.urls"
WSGI_APPLICATION = "studysite.wsgi.application"

LOADERS = ["studysite.templating.loader.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                ("template_partials.loader.Loader", [("django.template.loaders.cached.Loader", LOADERS)])
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "studysite.http.context_processors.signup",
            ],
            "builtins": ["studysite.templating.tags"],
            "libraries": {"static_files": "studysite.server.static_files"},
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# A list of tags may be put on a thousand chosen cards at once.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
# Bytes of a request with files, which are streamed to the disk: an image of 10 MB for each side of a card. An
# import's file has a limit of its own. Both include some bytes for the form around the files.
MAX_REQUEST = 24 * 1024 * 1024
MAX_IMPORT = 101 * 1024 * 1024
# Bytes on the disk for the request bodies that are being received, and for the responses that are being sent, for
# all workers together.
BODY_QUOTA = 1024 * 1024 * 1024
RESPONSE_QUOTA = 1024 * 1024 * 1024
TEMPORARY_FILES = DATA_DIR / "tmp"
# Threads of a worker for each kind of request (studysite/server/django_threads.py).
THREADS = {"reads": 2, "writes": 2, "exports": 1, "health": 1, "readiness": 1}
DATABASES = {"default": read_database(DATA_DIR)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # With a fair write lock for all threads and processes (studysite/sqlite).
    DATABASES["default"]["ENGINE"] = "studysite.sqlite"
    # Deleted data is overwritten in the file, not only marked as free.
    ERASE = "PRAGMA secure_delete=ON;"
    DATABASES["default"]["OPTIONS"] = {
        # A transaction takes the write lock at its start, where it can wait. In SQLite, a transaction that begins
        # by reading and then writes fails at once, whatever the timeout.
        "transaction_mode": "IMMEDIATE",
        "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={SQLITE_SYNC}; {ERASE}",
    }
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # The pool keeps connections open, one for each thread of a worker, and checks each before it gives it out. So
    # the site works again as soon as its database does.
    DATABASES["default"].update(CONN_MAX_AGE=0, CONN_HEALTH_CHECKS=True)
    options = DATABASES["default"].setdefault("OPTIONS", {})
    # A request waits for two seconds. If the database is not reachable, the pool tries again after one, two, four
    # seconds and so on, until reconnect_timeout. With two seconds it gives up soon and the next request starts
    # again.
    options["pool"] = {
        "min_size": 1,
        "max_size": sum(THREADS.values()),
        "timeout": 2,
        "reconnect_timeout": 2,
    }
    # In seconds and milliseconds: a machine that is switched off does not answer at all.
    options.setdefault("connect_timeout", 2)
    options.setdefault("tcp_user_timeout", 5_000)
else:
    raise refusal("DATABASE_URL", "must be a sqlite:// or postgres:// address")

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
# Rate limits use the cache, so all workers must share it. Above MAX_ENTRIES Django deletes a third of the entries;
# a few classes would reach its default of 300.
CACHES = {
    "default": {
        "BACKEND": "studysite.cache.Cache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

# --- People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["studysite.accounts.backends.PeopleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
] + [{"NAME": "studysite.accounts.validators.VisiblePasswordValidator"}]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
SESSION_ENGINE = "studysite.accounts.sessions"
SESSION_COOKIE_AGE = 90 * 24 * 3600

EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL.get("EMAIL_HOST", "")
EMAIL_PORT = EMAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = EMAIL.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = EMAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = EMAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
HAS_MAIL = not EMAIL_BACKEND.endswith("dummy.EmailBackend")
if HAS_MAIL and not DEFAULT_FROM_EMAIL:
    raise refusal("DEFAULT_FROM_EMAIL", "must be set where EMAIL_URL is: it is the sender of the site's mail")
if DEFAULT_FROM_EMAIL and not re.fullmatch(r"[^@\n]*[^@\s<]@[^@\s]+", DEFAULT_FROM_EMAIL):
    raise refusal(
        "DEFAULT_FROM_EMAIL", "must be an address: study@example.org, or Studysite <study@example.org>"
    )

ACCOUNT_ADAPTER = "studysite.accounts.login.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "add_email": "studysite.accounts.forms.ChangeEmailForm",
    "change_password": "studysite.accounts.forms.ChangePasswordForm",
    "login": "studysite.accounts.forms.LoginForm",
    "reauthenticate": "studysite.accounts.forms.ReauthenticateForm",
    "reset_password": "studysite.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "studysite.accounts.forms.ResetPasswordKeyForm",
    "set_password": "studysite.accounts.forms.SetPasswordForm",
    "signup": "studysite.accounts.forms.SignupForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "studysite.accounts.login.tokens.PasswordLinkTokenGenerator"  # noqa: S105
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if HAS_MAIL else "none"
ACCOUNT_EMAIL_NOTIFICATIONS = HAS_MAIL
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = site.scheme
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
# A class shares one address, and 40 people may sign up or log in within minutes.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    # Wrong passwords: for an account from one address, for an account from anywhere, and from one address.
    "login_failed": "10/5m/key",
    "login_failed_anywhere": "100/h/key",
    "login_failed_address": "60/m/ip",
    "guest": "200/h/ip",
    "signup": "100/m/ip",
    "reset_password": "60/m/ip,5/m/key",
    "reset_password_from_key": "100/m/ip",
    # Slow actions, for a learner and for an address (studysite/http/limits.py).
    "import": "20/m/key,300/m/ip",
    # While typing: each key press may send a request.
    "preview": "200/m/key,3000/m/ip",
    "export": "30/m/key,300/m/ip",
    "hand_in": "20/m/key,600/m/ip",
}

# --- Language, time, static files, pages

LANGUAGE_CODE = "en"
# The site has one language. Looking for translations would take a tenth of the time of a page.
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "studysite.server.fonts.MathsFontFinder",
]
WHITENOISE_USE_FINDERS = DEBUG
# No other site uses these files.
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Pages only use file names with a hash. Without the second copy, collecting and starting take half as long.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "studysite.server.static_files.JoiningStorage"
    },
}

# Everything comes from the site itself and nothing is inline, so no nonce or hash is needed.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "studysite.logs.RequestIdFilter"},
        "keys": {"()": "studysite.logs.KeyFilter"},
    },
    "formatters": {
        "line": {
            "()": "logging.Formatter",
            "format": "{asctime} {levelname} {request_id} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            # Every handler needs both filters: `keys` masks secret addresses.
            "filters": ["request_id", "keys"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL},
        # The request log already has a line for each response.
        "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
        "django.request": {"level": "ERROR"},
    },
}
