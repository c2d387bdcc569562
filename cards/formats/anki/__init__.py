"""Anki's packages, ``.apkg`` and ``.colpkg``, old and new: `reader.read_anki` and `writer.write_anki`. Pure."""
