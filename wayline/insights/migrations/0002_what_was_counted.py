

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('insights', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='insight',
            name='customers',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='insight',
            name='last_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='insight',
            name='told',
            field=models.PositiveIntegerField(default=0),
        ),
    ]
