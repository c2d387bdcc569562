"""Django's SQLite backend with a fair write lock: writers wait in a queue before the database (docs/server.md)."""
