"""Learn and Spaced: sessions of one question after another."""
