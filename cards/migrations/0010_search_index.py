from django.db import migrations

from cards.searching.filling import fill_words
from cards.searching.index import create_indexes, drop_indexes


def fill(apps, schema_editor):
    """Cut the words of all rows. A million cards take about a minute."""
    for name in ('card', 'deck', 'tag'):
        fill_words(apps.get_model('cards', name), using=schema_editor.connection.alias)


def create(apps, schema_editor):
    create_indexes(schema_editor.connection)


def drop(apps, schema_editor):
    drop_indexes(schema_editor.connection)


class Migration(migrations.Migration):
    # Apart from the new columns: PostgreSQL changes no table in a transaction that has changed its rows. Each chunk
    # is a transaction of its own, and the work begins anew if it is interrupted.
    atomic = False

    dependencies = [
        ('cards', '0009_words'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(create, drop),
    ]
