"""What a learner can say against a verdict, and what the deck's owner does with it."""
