from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_member_rights")]

    operations = [
        migrations.AddField("workspace", "currency", models.CharField(default="EUR", max_length=3)),
    ]
