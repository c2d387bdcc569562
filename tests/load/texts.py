"""Words that cards of load tests are made of; without Django, and without the tests' own environment."""

WORDS = (
    "river mountain treaty kingdom battle theorem function integral vector gradient descent harbour".split()
)
