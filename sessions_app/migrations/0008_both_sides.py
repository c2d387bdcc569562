from django.db import migrations, models

STEPS_AT_ONCE = 500


def name_sides_in_plans(apps, schema_editor):
    """Let the plans of open sessions name questions, and not cards alone, so that their rounds go on as planned."""
    Card, Enrollment = apps.get_model("cards", "Card"), apps.get_model("sessions_app", "Enrollment")
    Step = apps.get_model("sessions_app", "Step")
    planned = Step.objects.filter(session__finished_at=None, session__mode="learn", question__plan__0__isnull=False)
    planned = planned.select_related("session").only("question", "session__learner_id", "session__deck_id")
    last = 0
    while steps := list(planned.filter(pk__gt=last).order_by("pk")[:STEPS_AT_ONCE]):
        last = steps[-1].pk
        cards = {card for step in steps for card in step.question["plan"]}
        studied = dict(Card.objects.filter(pk__in=cards).values_list("pk", "studied_side"))
        learners = {step.session.learner_id for step in steps}
        enrolled = Enrollment.objects.filter(learner__in=learners).values_list("learner", "deck", "side_choice")
        choices = {(learner, deck): choice for learner, deck, choice in enrolled}
        for step in steps:
            choice = choices.get((step.session.learner_id, step.session.deck_id), "auto")
            step.question["plan"] = [
                [card, studied[card] if choice == "auto" else choice]
                for card in step.question["plan"]
                if card in studied
            ]
        Step.objects.bulk_update(steps, ["question"])


class Migration(migrations.Migration):
    dependencies = [
        ("cards", "0008_both_sides"),
        ("sessions_app", "0007_study_days"),
    ]

    operations = [
        migrations.AlterField(
            model_name="enrollment",
            name="side_choice",
            field=models.CharField(
                choices=[
                    ("auto", "Automatic"),
                    ("term", "Term"),
                    ("definition", "Definition"),
                    ("both", "Both"),
                ],
                default="auto",
                max_length=10,
                verbose_name="studied side",
            ),
        ),
        migrations.AddField(
            model_name="enrollment",
            name="siblings_until",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.RunPython(name_sides_in_plans, migrations.RunPython.noop),
    ]
