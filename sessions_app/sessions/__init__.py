"""Learn and Spaced: sessions that ask one question after another."""
