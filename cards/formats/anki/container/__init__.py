"""What Anki packs its collections in."""
