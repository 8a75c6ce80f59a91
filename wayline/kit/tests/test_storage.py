import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command


@pytest.mark.slow
def test_a_first_visit_asks_for_one_style_sheet(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "wayline.kit.storage.Static"}}

    call_command("collectstatic", interactive=False, verbosity=0)

    sheet = (tmp_path / staticfiles_storage.stored_name("kit/css/app.css")).read_text()
    assert "@import" not in sheet
    assert all(part in sheet for part in ("--canvas:", ".btn", ".wk", ".map"))
