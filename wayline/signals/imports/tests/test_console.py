from io import StringIO

import pytest
from django.utils import timezone

from wayline.accounts.testing import make_workspace
from wayline.signals.imports import run as runs
from wayline.signals.imports.console import from_command_line
from wayline.signals.imports.models import Import
from wayline.signals.imports.testing import MAPPING, ORDERS

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("warehouse"),
]


@pytest.fixture
def orders(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS + "4,,,2026-03-01,,,\n")
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    return path


def ask(path, *, mapping=True, dry_run=False, suggest=False, workspace=None) -> tuple[int, str]:
    said = StringIO()
    mapping_path = path.parent / "mapping.yaml" if mapping else None
    code = from_command_line(workspace or make_workspace(), path, mapping_path, dry_run, suggest, said)
    return code, said.getvalue()


def test_a_dry_run_shows_signals_counts_and_every_refused_row_and_stores_nothing(orders):
    code, said = ask(orders, dry_run=True)

    assert code == 0
    assert "line 2: 2026-03-05 12:00:00, answer, 'Delivery rated', of ines, about 1, score 5 (stars5)" in said
    assert (
        "Refused, line 5: customer is empty, so nobody knows whose it is.\n    4 |  |  | 2026-03-01" in said
    )
    assert "4 rows read, 1 refused. They would make 7 signals and tell of 2 customers." in said
    assert not Import.objects.exists()


def test_an_import_says_what_came_of_it(orders):
    code, said = ask(orders)

    assert code == 0
    assert "4 rows read: 7 new signals, 0 known already, 1 rows refused." in said


def test_the_proposal_is_printed(orders):
    code, said = ask(orders, mapping=False, suggest=True)

    assert code == 0
    assert "  external_id: customer  # named like a person's number" in said


def test_an_interrupted_import_goes_on(orders):
    workspace = make_workspace()
    runs.start(workspace, path=orders, mapping=MAPPING, by=None, now=timezone.now())

    _, said = ask(orders, workspace=workspace)

    assert said.startswith("Going on with the interrupted import after row 0.")
    assert Import.objects.get().state == "finished"


def test_without_a_mapping_it_says_how_to_get_one(orders):
    with pytest.raises(runs.ImportNotPossible, match="--suggest > mapping.yaml"):
        ask(orders, mapping=False)
