#!/usr/bin/env bash
# What one would guess: a pool whose database is not reachable tries to connect again when a connection is requested, or
#   every few seconds. So it notices soon that the database is back.
# What psycopg-pool 3.3.3 does: it tries after 1, 2, 4, 8 ... seconds, even if connections are requested in between, and
#   doubles the pause until reconnect_timeout (300 s) is over. If the database comes back after two minutes, the pool
#   notices up to two minutes later. Until then every request for a connection gets PoolTimeout. With a
#   reconnect_timeout of 2 it gives up, and tries again with the next request.
# Seen on Python 3.11, with a request every half second for 20 s: attempts after 0, 1, 3, 8, 16 s with the default;
#   about every second with reconnect_timeout=2.
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check psycopg==3.3.9 psycopg-binary==3.3.9 psycopg-pool==3.3.3
"$folder/venv/bin/python" - <<'PYTHON'
import logging
import time

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

logging.disable(logging.WARNING)


def attempts(**options: float) -> list[float]:
    """When the pool tries to reach a database that is not reachable; a connection is requested twice a second."""
    tried = []

    class Unreachable(psycopg.Connection):
        @classmethod
        def connect(cls, *args: object, **kwargs: object) -> "Unreachable":
            tried.append(time.monotonic() - started)
            raise psycopg.OperationalError("the database is not reachable")

    started = time.monotonic()
    with ConnectionPool(min_size=1, max_size=1, connection_class=Unreachable, open=True, **options) as pool:
        while time.monotonic() - started < 20:
            try:
                pool.getconn(timeout=0.5)
            except PoolTimeout:
                pass
    return tried


for options, longest in (({}, 6.0), ({"reconnect_timeout": 2}, 3.0)):
    tried = attempts(**options)
    gaps = [later - earlier for earlier, later in zip(tried, tried[1:])]
    print(options, "attempts after", [round(moment, 1) for moment in tried], "s")
    assert (max(gaps) > longest) == (not options), gaps
PYTHON
