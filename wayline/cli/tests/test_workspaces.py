import shutil

import pytest

from wayline import cli
from wayline.accounts.models import Workspace
from wayline.accounts.testing import make_member
from wayline.customers.models import Customer
from wayline.signals.testing import make_signal, observe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse")]


@pytest.fixture
def northwind(tmp_path, settings):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path / "data", tmp_path / "data" / "files"
    settings.DATA_DIR.mkdir()
    member = make_member(role="owner")
    Workspace.objects.filter(pk=member.workspace_id).update(slug="northwind")
    observe(member.workspace, make_signal(), make_signal(external_id="tom"))
    return member


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_a_workspace_leaves_and_comes_back_under_another_name(northwind, tmp_path, capsys, name):
    target = tmp_path / name

    codes = [
        cli.main(["export", str(target), "-w", "northwind"]),
        cli.main(["import-workspace", str(target), "-w", "southwind"]),
    ]

    assert codes == [0, 0], capsys.readouterr().err
    told = capsys.readouterr().out
    assert "2 signals" in told
    assert "is the workspace southwind now" in told
    assert Customer.objects.filter(workspace__slug="southwind").count() == 2


def test_nothing_is_overwritten(northwind, tmp_path, capsys):
    (tmp_path / "out.zip").write_text("mine")

    assert cli.main(["export", str(tmp_path / "out.zip")]) == 1
    assert "exists already" in capsys.readouterr().err


def test_a_damaged_export_leaves_no_workspace(northwind, tmp_path, capsys):
    cli.main(["export", str(tmp_path / "out")])
    signals = tmp_path / "out" / "signals.parquet"
    content = bytearray(signals.read_bytes())
    content[50] ^= 1
    signals.write_bytes(content)

    code = cli.main(["import-workspace", str(tmp_path / "out"), "-w", "southwind"])
    shutil.rmtree(tmp_path / "out")
    missing = cli.main(["import-workspace", str(tmp_path / "out"), "-w", "southwind"])

    told = capsys.readouterr().err
    assert (code, missing) == (1, 1)
    assert "signals.parquet is damaged: its checksum is another one." in told
    assert f"There is no {tmp_path / 'out'}." in told
    assert not Workspace.objects.filter(slug="southwind").exists()
