"""Prepares the floor's database and serves it as the site is served: ``python -m tests.load.floor.serve``."""

from django.core.management import call_command

from studysite.server.prepare import start_django
from studysite.server.serve import serve


def main() -> None:
    """Needs DJANGO_SETTINGS_MODULE to name the floor's settings, since the server would take the site's."""
    start_django()
    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    from django.db import connection

    # The workers are forked.
    connection.close()
    serve()


if __name__ == "__main__":
    main()
