from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cards', '0005_kept_looks'),
    ]

    operations = [
        migrations.AddField(
            model_name='importdraft',
            name='claimed_until',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RemoveConstraint(
            model_name='importdraft',
            name='import_phase_known',
        ),
        migrations.AlterField(
            model_name='importdraft',
            name='phase',
            field=models.CharField(choices=[('preview', 'Preview'), ('cards', 'Cards'), ('merging', 'Merging'), ('history', 'History'), ('done', 'Done')], default='preview', max_length=7),
        ),
        migrations.AddConstraint(
            model_name='importdraft',
            constraint=models.CheckConstraint(condition=models.Q(('phase__in', ['preview', 'cards', 'merging', 'history', 'done'])), name='import_phase_known'),
        ),
    ]
