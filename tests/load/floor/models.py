"""Tables of the floor: what an answer needs, and no more."""

from django.conf import settings
from django.db import models


class Deck(models.Model):
    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=200)
    card_count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.title


class Card(models.Model):
    deck = models.ForeignKey(Deck, on_delete=models.CASCADE, related_name="cards", db_index=False)
    position = models.PositiveIntegerField()
    term = models.TextField()
    definition = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deck", "position"], name="floor_card_place")]

    def __str__(self) -> str:
        return self.term


class Tag(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=200)
    cards = models.ManyToManyField(Card, related_name="tags")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="floor_tag_name")]

    def __str__(self) -> str:
        return self.name


class Enrollment(models.Model):
    """A learner in a deck. Its row is locked while an answer is written."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False)
    deck = models.ForeignKey(Deck, on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "deck"], name="floor_enrolled_once")]

    def __str__(self) -> str:
        return f"{self.learner_id} in {self.deck_id}"


class Progress(models.Model):
    """What a learner knows of a card. ``reviews`` rises with each answer, so that no answer counts twice."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, db_index=False)
    card = models.ForeignKey(Card, on_delete=models.CASCADE)
    reviews = models.PositiveIntegerField(default=0)
    level = models.PositiveSmallIntegerField(default=0)
    stability = models.FloatField()
    difficulty = models.FloatField()
    state = models.PositiveSmallIntegerField()
    step = models.PositiveSmallIntegerField(null=True)
    due = models.DateTimeField()
    last_reviewed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrollment", "card"], name="floor_progress_once")]
        indexes = [models.Index(fields=["enrollment", "due"], name="floor_due")]

    def __str__(self) -> str:
        return f"{self.card_id}: {self.level}"


class Review(models.Model):
    """The log of answers, which is only added to."""

    progress = models.ForeignKey(Progress, on_delete=models.CASCADE)
    rating = models.PositiveSmallIntegerField()
    mode = models.CharField(max_length=10)
    reviewed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.progress_id}: {self.rating}"


class Paper(models.Model):
    """A test, with the numbers of its cards' places in ``questions``."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE)
    right = models.PositiveSmallIntegerField(null=True)

    def __str__(self) -> str:
        return f"paper {self.pk}"


class PaperQuestion(models.Model):
    """A question on a paper with its options, the keys of cards; ``revision`` rises with each saved answer."""

    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="questions", db_index=False)
    position = models.PositiveSmallIntegerField()
    card = models.ForeignKey(Card, on_delete=models.CASCADE)
    options = models.JSONField()
    chosen = models.PositiveSmallIntegerField(null=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["paper", "position"], name="floor_question_place")]

    def __str__(self) -> str:
        return f"{self.paper_id}/{self.position}"


class Board(models.Model):
    """A board of Matching: its texts, and the pairs that were found."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE)
    texts = models.JSONField()
    found = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"board {self.pk}"
