"""The variables that the site's settings read, which programs of tests start without.

In a module of its own: `tests.environment` changes the environment of who imports it.
"""

SETTINGS = (
    "DEBUG",
    "HOST",
    "PORT",
    "SITE_URL",
    "EXTRA_HOSTS",
    "TRUSTED_PROXIES",
    "HSTS_SECONDS",
    "WORKERS",
    "CLIENT_SECONDS",
    "SIGNUP",
    "GUESTS",
    "EMAIL_URL",
    "DEFAULT_FROM_EMAIL",
    "LOG_LEVEL",
    "DATABASE_URL",
)
