from django.db import migrations, models


def count_anew(apps, schema_editor):
    """What journeys inside say together is counted otherwise now; it is worked out at the next look."""
    standings = apps.get_model("journeys", "Standing").objects.using(schema_editor.connection.alias)
    standings.exclude(together=None).update(is_outdated=True)


class Migration(migrations.Migration):

    dependencies = [
        ('journeys', '0016_pictures_by_content'),
    ]

    operations = [
        migrations.AlterField(
            model_name='bulkchange',
            name='value',
            field=models.CharField(blank=True, max_length=254),
        ),
        migrations.RunPython(count_anew, migrations.RunPython.noop),
    ]
