"""Readers and writers of files of cards: delimited text, Anki's packages, the site's own archive.

Pure: no database, no Django, and nothing of the site but the meaning of a card's Markdown (`cards.text.markdown`).
`detect.read_file` reads any file, and `kinds` lists the kinds. docs/formats.md describes the formats.
"""
