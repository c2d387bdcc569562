"""The form of a learner's settings for studying as a whole."""

from django import forms

from sessions_app.models import LearnerSettings

USUAL_GOALS = (20, 50, 100)


class DaySettingsForm(forms.ModelForm):
    """The daily goal, and whether the last days are shown."""

    class Meta:
        model = LearnerSettings
        fields = ("daily_goal", "shows_days")
        labels = {"daily_goal": "Answers a day", "shows_days": "Show the days on which I studied"}
        help_texts = {
            "daily_goal": "20 is a short session, 50 a good evening. Leave it empty for no goal.",
            "shows_days": "The last seven days, above your decks.",
        }
        widgets = {"daily_goal": forms.NumberInput(attrs={"list": "usual-goals", "inputmode": "numeric"})}
