import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def note_decks(apps, schema_editor):
    """Each overridden answer gets the deck of its card."""
    using = schema_editor.connection.alias
    deck = apps.get_model('cards', 'Card').objects.using(using).filter(pk=OuterRef('card')).values('deck')
    apps.get_model('sessions_app', 'OverriddenAnswer').objects.using(using).update(deck=Subquery(deck))


def answer_deck(**options):
    """The new column: without values before they are known, and with them afterwards."""
    return models.ForeignKey(
        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cards.deck',
        **options,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('cards', '0011_level_queries'),
        ('sessions_app', '0010_step_columns'),
    ]

    operations = [
        migrations.AddField('overriddenanswer', 'deck', answer_deck(null=True)),
        migrations.RunPython(note_decks, migrations.RunPython.noop),
        migrations.AlterField('overriddenanswer', 'deck', answer_deck()),
        migrations.AddIndex(
            'overriddenanswer',
            models.Index(condition=Q(decision=''), fields=['deck'], name='overridden_waiting_in_deck'),
        ),
    ]
