import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import make_key, make_member
from wayline.customers.models import Identity, Merge
from wayline.signals.models import RefusedSignal, Segment
from wayline.signals.segments import SEGMENTS
from wayline.signals.testing import make_signal, observe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse")]


@pytest.fixture
def maya(client):
    member = make_member(role="contributor", name="Maya Brandt")
    client.force_login(member.user)
    return member


def at(name: str, member, *args) -> str:
    return reverse(f"signals:{name}", args=[member.workspace.slug, *args])


def test_the_names_show_kind_volume_and_how_to_send(client, maya):
    observe(maya.workspace, make_signal(), make_signal(), make_signal(kind="page", name="Pricing"))

    page = client.get(at("index", maya)).content.decode()

    assert "Order Placed" in page
    assert "Pricing" in page
    assert "/v1/track" in page


def test_a_name_that_is_not_there_says_so(client, maya):
    observe(maya.workspace, make_signal())

    assert "No such name" in client.get(at("index", maya) + "?q=nothing").content.decode()


@pytest.mark.parametrize("name", ["index", "refused", "live", "segments"])
def test_an_empty_workspace_has_pages_that_say_what_to_do(client, maya, name):
    answer = client.get(at(name, maya))

    assert answer.status_code == 200
    assert 'class="empty"' in answer.content.decode()


def test_a_refused_signal_stands_with_its_reason(client, maya):
    observe(maya.workspace, make_signal(name="Survey Answered", score=11.0, scale="nps"))

    assert RefusedSignal.objects.get().reason in client.get(at("refused", maya)).content.decode()


def test_arrivals_show_the_last_batches(client, maya):
    observe(maya.workspace, make_signal(), make_signal(name=""))

    page = client.get(at("live", maya)).content.decode()

    assert "test" in page
    assert "no name" in page


BUILDER = {
    "name": "Pro customers who ordered",
    "match": "all",
    "traits-TOTAL_FORMS": "1",
    "traits-INITIAL_FORMS": "0",
    "traits-0-field": "plan",
    "traits-0-op": "is",
    "traits-0-value": "pro",
    "dids-TOTAL_FORMS": "1",
    "dids-INITIAL_FORMS": "0",
    "dids-0-did": "did",
    "dids-0-name": "behavior: Order Placed",
    "dids-0-at_least": "2",
    "dids-0-within_days": "",
}


def test_a_segment_asks_what_a_signal_was_like_and_goes_back_to_the_map(client, maya):
    observe(
        maya.workspace,
        make_signal(external_id="ines", properties={"late": "yes"}),
        make_signal(external_id="kim", properties={"late": "no"}),
    )
    late = {"dids-0-field": "late", "dids-0-op": "is", "dids-0-value": "yes", "dids-0-at_least": ""}
    traits = {"traits-0-field": "", "traits-0-value": ""}
    back = reverse("home:overview", args=[maya.workspace.slug])

    assert 'value="late"' in client.get(at("segment_new", maya)).content.decode()
    answer = client.post(at("segment_new", maya), BUILDER | traits | late | {"next": back})

    segment = Segment.objects.get()
    assert answer["Location"] == back
    assert len(SEGMENTS.customers_in(maya, segment.pk)) == 1
    again = client.get(at("segment", maya, segment.pk)).content.decode()
    assert 'value="yes"' in again


def test_a_segment_asks_who_told_a_trait_and_when(client, maya):
    key = make_key(workspace=maya.workspace, name="The CRM")
    ines = {"external_id": "ines", "kind": "identify", "name": "Identify", "traits": {"plan": "pro"}}
    observe(maya.workspace, make_signal(**ines, at=timezone.now()), source=f"api:{key.pk}")
    observe(maya.workspace, make_signal(**ines | {"external_id": "tom"}), source="import:7")
    row = {"traits-0-by": f"api:{key.pk}", "traits-0-when": "within_days", "traits-0-days": "90"}

    assert f'<option value="api:{key.pk}">The CRM' in client.get(at("segment_new", maya)).content.decode()
    answer = client.post(at("segment_new", maya), BUILDER | {"dids-0-name": "", "dids-0-at_least": ""} | row)

    segment = Segment.objects.get()
    (found,) = SEGMENTS.customers_in(maya, segment.pk)
    assert answer.status_code == 302
    assert Identity.objects.get(value="ines").customer_id == found
    again = client.get(at("segment", maya, segment.pk)).content.decode()
    assert f'<option value="api:{key.pk}" selected>The CRM' in again
    assert 'name="traits-0-days" value="90"' in again


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"when": "within_days"}, "Say how many days"),
        ({"days": "90"}, "Say whether within"),
        ({"field": "", "value": "", "by": "import"}, "Name the trait that was told"),
        ({"op": "missing", "when": "before_days", "days": "9"}, "missing was told by nobody"),
        ({"when": "before_days", "days": "0"}, "greater than or equal to 1"),
        ({"by": "key:99"}, "not one of the available choices"),
    ],
)
def test_a_row_about_who_told_that_is_not_whole_says_so(client, maya, row, sentence):
    observe(maya.workspace, make_signal(), source="import:7")
    answer = client.post(
        at("segment_new", maya), BUILDER | {f"traits-0-{name}": value for name, value in row.items()}
    )

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_segment_never_leads_to_another_site(client, maya):
    answer = client.post(at("segment_new", maya), BUILDER | {"next": "https://elsewhere.test/"})

    assert answer["Location"] == at("segments", maya)


def test_a_segment_is_built_from_rows_and_narrows_the_list_of_customers(client, maya):
    observe(
        maya.workspace,
        make_signal(external_id="ines", traits={"plan": "pro", "name": "Ines"}),
        make_signal(external_id="ines"),
        make_signal(external_id="tom", traits={"plan": "pro", "name": "Tom"}),
    )

    answer = client.post(at("segment_new", maya), BUILDER)

    assert answer.status_code == 302
    segment = Segment.objects.get()
    index = reverse("customers:index", args=[maya.workspace.slug])
    page = client.get(f"{index}?segment={segment.pk}").content.decode()
    assert "Ines" in page
    assert ">Tom<" not in page


def test_a_segment_without_a_condition_is_sent_back_with_what_to_do(client, maya):
    answer = client.post(
        at("segment_new", maya),
        BUILDER | {"traits-0-field": "", "traits-0-value": "", "dids-0-name": "", "dids-0-at_least": ""},
    )

    assert answer.status_code == 422
    assert "Say at least one thing" in answer.content.decode()


def test_a_segment_opens_in_its_own_rows(client, maya):
    client.post(at("segment_new", maya), BUILDER)

    page = client.get(at("segment", maya, Segment.objects.get().pk)).content.decode()

    assert 'value="behavior: Order Placed"' in page
    assert 'value="pro"' in page


def test_two_segments_cannot_share_a_name(client, maya):
    client.post(at("segment_new", maya), BUILDER)

    answer = client.post(at("segment_new", maya), BUILDER)

    assert answer.status_code == 409
    assert "Choose another name" in answer.content.decode()


def test_a_segment_is_deleted_by_its_button(client, maya):
    client.post(at("segment_new", maya), BUILDER)

    client.post(at("segment_delete", maya, Segment.objects.get().pk))

    assert not Segment.objects.exists()


def test_a_viewer_may_not_save_a_segment(client):
    noor = make_member(role="viewer")
    client.force_login(noor.user)

    assert client.post(at("segment_new", noor), BUILDER).status_code == 403


def test_a_segment_of_another_workspace_does_not_exist(client, maya):
    client.post(at("segment_new", maya), BUILDER)
    omar = make_member(role="owner", name="Omar Haddad")
    client.force_login(omar.user)

    assert client.get(at("segment", omar, Segment.objects.get().pk)).status_code == 404


def test_a_merge_is_undone_by_its_button_which_goes_back_to_the_customer(client, maya):
    observe(maya.workspace, make_signal(external_id="ines"), make_signal(anonymous_id="a1"))
    observe(maya.workspace, make_signal(external_id="ines", anonymous_id="a1"))
    merge = Merge.objects.get()

    answer = client.post(at("undo_merge", maya, merge.pk), {"next": f"/{maya.workspace.slug}/customers/"})

    merge.refresh_from_db()
    assert answer["Location"] == f"/{maya.workspace.slug}/customers/"
    assert merge.undone_by == maya.user


def test_undoing_leads_to_no_other_site(client, maya):
    observe(maya.workspace, make_signal(external_id="ines"), make_signal(anonymous_id="a1"))
    observe(maya.workspace, make_signal(external_id="ines", anonymous_id="a1"))

    answer = client.post(at("undo_merge", maya, Merge.objects.get().pk), {"next": "https://evil.test/"})

    assert answer["Location"] == reverse("customers:index", args=[maya.workspace.slug])
