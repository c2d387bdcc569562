"""Query sets that are compiled once, counts that stop at a limit, pages of long lists, and rows in chunks."""
