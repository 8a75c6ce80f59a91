from django.db import migrations


def register(apps, schema_editor):
    """Give every name that was seen so far its term."""
    seen = apps.get_model("signals", "SignalName").objects.values_list("workspace_id", "kind", "name")
    term = apps.get_model("signals", "Term")
    rows = [term(workspace_id=workspace, kind=kind, name=name) for workspace, kind, name in seen.distinct()]
    term.objects.bulk_create(rows, 500, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("signals", "0004_terms")]
    operations = [migrations.RunPython(register, migrations.RunPython.noop)]
