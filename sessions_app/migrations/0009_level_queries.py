from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0008_both_sides"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="cardprogress", name="progress_in_step"),
        migrations.AddIndex(
            model_name="cardprogress",
            index=models.Index(fields=["learner", "deck", "state", "due"], name="progress_by_state"),
        ),
        migrations.AddIndex(
            model_name="cardprogress",
            index=models.Index(
                fields=["learner", "deck", "fades_at"],
                condition=models.Q(fades_at__isnull=False),
                name="progress_fading",
            ),
        ),
        migrations.AddIndex(
            model_name="cardprogress",
            index=models.Index(
                fields=["learner", "deck"],
                condition=models.Q(suspended=True),
                name="progress_suspended",
            ),
        ),
        migrations.AddIndex(
            model_name="cardprogress",
            index=models.Index(
                fields=["learner", "deck", "buried_until"],
                condition=models.Q(buried_until__isnull=False),
                name="progress_buried",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                fields=["learner", "card", "mistaken_for"],
                condition=models.Q(mistaken_for__isnull=False, voided_at=None),
                name="review_mistakes",
            ),
        ),
    ]
