"""What a learner has chosen for studying as a whole; what they choose for a deck is on their enrollment."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

MAX_GOAL = 9_999


class LearnerSettings(models.Model):
    """One learner's choices; without a row, those of a new row hold."""

    learner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="study_settings"
    )
    daily_goal = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_GOAL)],
        help_text="Answers in a study day; empty without a goal.",
    )
    shows_days = models.BooleanField(
        default=True, help_text="The home page shows on which of the last seven days the learner studied."
    )

    class Meta:
        verbose_name_plural = "learner settings"

    def __str__(self) -> str:
        return f"{self.learner}"
