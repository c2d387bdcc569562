"""Counts the queries of each request, in runs of their own: time is never taken with it.

As settings it is those that MEASURED_SETTINGS names, with the counter before all other middleware.
"""

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

HEADER = "Queries"


def count_queries(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Middleware that says in a header how many statements the database was sent."""
    from django.db import connection

    def respond(request: Any) -> Any:
        count = 0

        def counted(execute: Callable[..., Any], *args: Any) -> Any:
            nonlocal count
            count += 1
            return execute(*args)

        with connection.execute_wrapper(counted):
            response = get_response(request)
        response[HEADER] = str(count)
        return response

    return respond


if "MEASURED_SETTINGS" in os.environ:
    measured = import_module(os.environ["MEASURED_SETTINGS"])
    globals().update({name: value for name, value in vars(measured).items() if name.isupper()})
    MIDDLEWARE = ["tests.load.bench.counting.count_queries", *measured.MIDDLEWARE]
