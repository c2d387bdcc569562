"""The learner's day over all decks: what is due, how long it takes, and on which days they studied."""
