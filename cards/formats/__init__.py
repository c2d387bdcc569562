"""Readers and writers of files of cards: delimited text, Anki's packages, the site's own archive.

Pure: no database, no Django, nothing of the site but what a card's Markdown means (`cards.text.markdown`).
`detect.read_file` takes any file; docs/formats.md says what becomes of what.
"""
