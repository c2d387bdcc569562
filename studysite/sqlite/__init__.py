"""SQLite with one writer's turn: Django's backend, in which writers queue before the database (docs/server.md)."""
