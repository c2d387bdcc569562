"""FSRS memories, and the levels of cards. Nothing here depends on a clock, on chance or on other cards."""
