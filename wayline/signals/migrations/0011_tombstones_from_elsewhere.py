from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('signals', '0010_derived_rules'),
    ]

    operations = [
        migrations.AddField(
            model_name='tombstone',
            name='hashed_for',
            field=models.BigIntegerField(null=True),
        ),
    ]
