"""A minimal Django project that does the site's necessary work the plain way: the floor of `make bench`.

It has the addresses of the site that are measured, and pages with the same forms, so one client measures both. It
runs behind the same server, adapter and threads (``python -m tests.load.floor.serve``), with Django's own database
backends, session in the database, CSRF check and login. It reads and writes through the ORM.
"""
