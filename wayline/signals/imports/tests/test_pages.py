from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import make_member, make_workspace
from wayline.signals.imports import run as runs
from wayline.signals.imports.models import Import
from wayline.signals.imports.testing import MAPPING, ORDERS, make_import, run_import

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("warehouse"),
]


@pytest.fixture
def noor(client):
    """Noor, a contributor, has signed in."""
    member = make_member(role="contributor")
    client.force_login(member.user)
    return member


def address(name: str, run: Import | None = None, workspace=None) -> str:
    slug = (workspace or run.workspace).slug
    return reverse(f"signals:{name}", args=[slug, run.pk] if run else [slug])


def text_of(response) -> str:
    return response.content.decode()


def test_without_imports_the_list_says_what_to_do(client, noor):
    page = client.get(address("imports", workspace=noor.workspace))

    assert page.status_code == 200
    assert "No file has been imported yet" in text_of(page)


def test_a_file_goes_from_upload_to_signals_without_scripts(client, noor):
    upload = SimpleUploadedFile("orders.csv", ORDERS.encode())
    kept = client.post(address("import_new", workspace=noor.workspace), {"file": upload})
    run = Import.objects.get()
    draft = client.get(kept.url)
    checked = client.post(address("check_import", run), {"mapping": MAPPING})
    started = client.post(address("start_import", run), {"mapping": MAPPING})
    waiting = client.get(started.url)
    run.refresh_from_db()
    runs.advance(run, now=timezone.now())
    finished = client.get(started.url)

    assert kept.status_code == started.status_code == 302
    assert "external_id: customer" in text_of(draft)
    assert "Parcel never came" in text_of(checked)
    assert "Waiting for its turn" in text_of(waiting)
    assert 'http-equiv="refresh"' in text_of(waiting)
    assert "New signals" in text_of(finished)
    assert "Undo this import" in text_of(finished)


def test_a_wrong_mapping_is_explained_beside_it(client, noor):
    run = make_import(workspace=noor.workspace)

    page = client.post(address("check_import", run), {"mapping": MAPPING.replace("at: placed", "at: plcaed")})
    started = client.post(address("start_import", run), {"mapping": "signals: ["})

    assert (page.status_code, started.status_code) == (422, 422)
    assert "Did you mean &#x27;placed&#x27;?" in text_of(page)
    assert "this is not YAML" in text_of(started)
    assert "signals: [" in text_of(started)


def test_checking_by_htmx_answers_the_fragment_alone(client, noor):
    run = make_import(workspace=noor.workspace)

    page = client.post(address("check_import", run), {"mapping": MAPPING}, headers={"HX-Request": "true"})

    assert text_of(page).strip().startswith('<section id="check"')


def test_refused_rows_can_be_downloaded(client, noor):
    run = run_import(make_import(workspace=noor.workspace, content=ORDERS + '4,ines,,"soon, I hope",,,\n'))

    page = client.get(address("refused_rows", run))
    rows = b"".join(page.streaming_content).decode().splitlines()

    assert page["Content-Type"] == "text/csv; charset=utf-8"
    assert rows == [
        "line,reason,order_id,customer,mail,placed,delivered,score,words",
        '5,"placed: \'soon, I hope\' is not a date.",4,ines,,"soon, I hope",,,',
    ]


def test_undoing_from_the_page(client, noor):
    run = run_import(make_import(workspace=noor.workspace))

    page = client.post(address("undo_import", run), follow=True)

    assert "None of its signals is left" in text_of(page)


def test_undoing_what_was_undone_answers_409(client, noor):
    run = run_import(make_import(workspace=noor.workspace))
    client.post(address("undo_import", run))

    assert client.post(address("undo_import", run)).status_code == 409


def test_an_empty_file_is_answered_in_words(client, noor):
    upload = SimpleUploadedFile("orders.csv", b"")

    page = client.post(address("import_new", workspace=noor.workspace), {"file": upload})

    assert page.status_code == 422
    assert "empty" in text_of(page)


def test_the_same_file_is_announced(client, noor):
    run_import(make_import(workspace=noor.workspace))

    page = client.get(address("import", make_import(workspace=noor.workspace)))

    assert "The very same file was imported before" in text_of(page)


@pytest.mark.parametrize("name", ["imports", "import_new"])
def test_strangers_are_asked_to_sign_in(client, name):
    page = client.get(address(name, workspace=make_workspace()))

    assert page.status_code == 302
    assert "/account/login/" in page.url


def test_imports_of_another_workspace_do_not_exist(client, noor):
    omars = make_import(workspace=make_workspace())

    assert client.get(address("import", omars)).status_code == 404
    assert client.get(reverse("signals:import", args=[noor.workspace.slug, omars.pk])).status_code == 404
    assert (
        client.post(reverse("signals:undo_import", args=[noor.workspace.slug, omars.pk])).status_code == 404
    )


def test_viewers_see_imports_but_cannot_bring_or_undo_them(client):
    viewer = make_member(role="viewer")
    client.force_login(viewer.user)
    run = run_import(make_import(workspace=viewer.workspace))

    assert client.get(address("import", run)).status_code == 200
    assert "Undo this import" not in text_of(client.get(address("import", run)))
    assert client.get(address("import_new", workspace=viewer.workspace)).status_code == 403
    assert client.post(address("undo_import", run)).status_code == 403
    assert client.get(address("refused_rows", run)).status_code == 403


def test_changes_need_post(client, noor):
    run = make_import(workspace=noor.workspace)

    for name in ("check_import", "start_import", "undo_import", "retry_import", "discard_import"):
        assert client.get(address(name, run)).status_code == 405


def test_the_list_asks_the_database_the_same_few_times(client, noor, django_assert_max_num_queries):
    for _ in range(5):
        make_import(workspace=noor.workspace, by=noor.user)

    with django_assert_max_num_queries(10):
        page = client.get(address("imports", workspace=noor.workspace))

    assert text_of(page).count("orders.csv") == 5


def test_what_the_form_names_is_cut_to_a_safe_name(noor):
    run = runs.store(
        noor.workspace,
        file=BytesIO(b"a\n1\n"),
        name="../../etc/pass wd.csv",
        by=noor.user,
        now=timezone.now(),
    )

    assert run.file_name == "pass_wd.csv"
    assert run.path.is_file()


def packed(*names: str) -> bytes:
    held = BytesIO()
    with ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "beginning", "sentence"),
    [
        ("book.xlsx", packed("[Content_Types].xml", "xl/workbook.xml"), "save the sheet as CSV"),
        ("orders.zip", b"PK\x03\x04cut short", "a damaged archive"),
        ("scan.pdf", b"%PDF-1.7", "a PDF document"),
        ("chart.png", b"\x89PNG\r\n", "a picture"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_upload(client, noor, name, beginning, sentence):
    upload = SimpleUploadedFile(name, beginning)

    answer = client.post(address("import_new", workspace=noor.workspace), {"file": upload})

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Import.objects.exists()
