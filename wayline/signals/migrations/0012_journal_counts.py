
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('signals', '0011_tombstones_from_elsewhere'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='journalentry',
            name='signals_jou_workspa_b81833_idx',
        ),
        migrations.AddIndex(
            model_name='journalentry',
            index=models.Index(fields=['workspace_id', 'source', 'count', 'refused'], name='signals_jou_workspa_faa087_idx'),
        ),
    ]
