import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def note_decks(apps, schema_editor):
    """Each report gets the deck of its card."""
    using = schema_editor.connection.alias
    deck = apps.get_model('cards', 'Card').objects.using(using).filter(pk=OuterRef('card')).values('deck')
    apps.get_model('cards', 'CardReport').objects.using(using).update(deck=Subquery(deck))


def report_deck(**options):
    """The new column: without values before they are known, and with them afterwards."""
    return models.ForeignKey(
        db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cards.deck',
        **options,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('cards', '0010_search_index'),
    ]

    operations = [
        migrations.AddField('cardreport', 'deck', report_deck(null=True)),
        migrations.RunPython(note_decks, migrations.RunPython.noop),
        migrations.AlterField('cardreport', 'deck', report_deck()),
        migrations.AddIndex(
            'cardreport', models.Index(condition=Q(settled_at=None), fields=['deck'], name='card_report_waiting')
        ),
        migrations.AddIndex(
            'card', models.Index(condition=Q(removed_at=None, studied_side='both'), fields=['deck'], name='card_two_sided')
        ),
        migrations.AddIndex(
            'card',
            models.Index(
                condition=Q(removed_at__isnull=False), fields=['deck', 'position'], name='card_removed_in_deck'
            ),
        ),
    ]
