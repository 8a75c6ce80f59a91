import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("customers", "0003_consent_history"),
    ]

    operations = [
        migrations.AddField(
            model_name="identity",
            name="is_shared",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="identity",
            name="source",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="identity",
            name="tied_to",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="devices",
                to="customers.identity",
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="source",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="merge",
            name="undone_reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(
                condition=models.Q(("source", ""), _negated=True),
                fields=["workspace", "source"],
                name="identities_of_imports",
            ),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(
                condition=models.Q(("is_shared", True)), fields=["workspace"], name="identities_shared"
            ),
        ),
    ]
