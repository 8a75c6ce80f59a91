
from django.db import migrations, models

from wayline.kit import indexes


class Migration(migrations.Migration):
    atomic = False  # see kit.indexes

    dependencies = [
        ('signals', '0011_tombstones_from_elsewhere'),
    ]

    operations = [
        indexes.RemoveIndex(
            model_name='journalentry',
            name='signals_jou_workspa_b81833_idx',
        ),
        indexes.AddIndex(
            model_name='journalentry',
            index=models.Index(fields=['workspace_id', 'source', 'count', 'refused'], name='signals_jou_workspa_faa087_idx'),
        ),
    ]
