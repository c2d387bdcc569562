"""How the database would run a statement: which tables it reads as a whole."""

import json
import re
from typing import Any

from django.db import connection

LARGE = 1_000
"""Reading a table of fewer rows as a whole is not worth a mention, on PostgreSQL."""
EXPLAINED = re.compile(r"\s*(?:SELECT|WITH|UPDATE|DELETE|INSERT)\b", re.IGNORECASE)


def scanned(sql: str, params: Any) -> list[str]:
    """The tables, or whole indexes of them, that the statement reads from one end to the other."""
    if not EXPLAINED.match(sql):
        return []
    found = sqlite_scans(sql, params) if connection.vendor == "sqlite" else postgres_scans(sql, params)
    return sorted(set(found))


def sqlite_scans(sql: str, params: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        steps = [row[3] for row in cursor.fetchall()]
    # Tables in memory, such as the list of an IN, are read as a whole.
    scans = [step.split() for step in steps if step.startswith("SCAN")]
    return [words[1] for words in scans if not words[1].startswith(("(", "CONSTANT", "json_each"))]


def postgres_scans(sql: str, params: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return list(scans_below(plan[0]["Plan"]))


def scans_below(node: dict[str, Any]) -> list[str]:
    """The tables of sequential scans, and of index scans without a condition, of a plan's node and those below."""
    found = []
    is_whole = node["Node Type"] == "Seq Scan" or (
        node["Node Type"].startswith("Index") and "Index Cond" not in node and "Relation Name" in node
    )
    if is_whole and rows_of(node["Relation Name"]) >= LARGE:
        found.append(node["Relation Name"])
    for child in node.get("Plans", ()):
        found += scans_below(child)
    return found


def rows_of(table: str) -> int:
    """About how many rows the table has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        return int(cursor.fetchone()[0])
