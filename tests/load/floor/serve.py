"""Prepares the floor's database and serves it as the site is served: ``python -m tests.load.floor.serve``."""

from django.core.management import call_command

from studysite.server.prepare import single_connection, start_django
from studysite.server.serve import serve


def main() -> None:
    """Needs DJANGO_SETTINGS_MODULE to name the floor's settings, since the server would take the site's."""
    start_django()
    with single_connection():
        # The floor's own tables, which have no migrations, refer to those of the users.
        call_command("migrate", interactive=False, verbosity=0)
        call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    serve()


if __name__ == "__main__":
    main()
