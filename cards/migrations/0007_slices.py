import cards.drafts
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cards', '0006_erasure'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
        migrations.CreateModel(
            name='DeckExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('claimed_until', models.DateTimeField(editable=False, null=True)),
                ('token', models.CharField(default=cards.drafts.make_token, max_length=32, unique=True)),
                ('kind', models.CharField(help_text='A kind of file, or history.', max_length=10)),
                ('state', models.JSONField(default=dict)),
                ('total', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('is_whole', models.BooleanField(default=False)),
                ('size', models.PositiveBigIntegerField(default=0, help_text='Bytes that it takes up.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('deck', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cards.deck')),
                ('learner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deck_exports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='export_by_age')],
            },
        ),
    ]
