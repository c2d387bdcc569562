from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cards', '0008_both_sides'),
    ]

    operations = [
        migrations.AddField(
            model_name='card',
            name='words',
            field=models.TextField(default='', editable=False),
        ),
        migrations.AddField(
            model_name='deck',
            name='words',
            field=models.TextField(default='', editable=False),
        ),
        migrations.AddField(
            model_name='tag',
            name='words',
            field=models.TextField(default='', editable=False),
        ),
    ]
