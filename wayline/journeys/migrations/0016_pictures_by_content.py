from hashlib import sha256

from django.db import migrations, models


def name_them(apps, schema_editor):
    """A picture whose file is gone keeps an empty digest: no map file can carry it."""
    pictures = apps.get_model("journeys", "Picture").objects.using(schema_editor.connection.alias)
    for picture in pictures.all().iterator():
        try:
            with picture.file.open("rb") as file:
                picture.digest = sha256(file.read()).hexdigest()[:32]
        except OSError:
            continue
        picture.save(update_fields=["digest"])


class Migration(migrations.Migration):

    dependencies = [
        ('journeys', '0015_what_found_no_place'),
    ]

    operations = [
        migrations.AddField(
            model_name='picture',
            name='digest',
            field=models.CharField(blank=True, max_length=32, default=''),
            preserve_default=False,
        ),
        migrations.RunPython(name_them, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='picture',
            index=models.Index(fields=['workspace', 'digest'], name='journeys_pi_workspa_aafa34_idx'),
        ),
    ]
