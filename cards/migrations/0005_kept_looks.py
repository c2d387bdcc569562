from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cards', '0004_images'),
    ]

    operations = [
        migrations.AddField(
            model_name='importdraft',
            name='look',
            field=models.JSONField(default=dict),
        ),
    ]
