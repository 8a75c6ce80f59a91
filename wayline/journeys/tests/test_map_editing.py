"""The pages behind the map editor: with its script, and without any."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from wayline.accounts.testing import make_member
from wayline.journeys import operations, wording
from wayline.journeys.models import Card, Notice, Placement, Share, Step, Thread
from wayline.journeys.tasks import mail_notices
from wayline.journeys.testing import make_card, make_journey, make_step
from wayline.journeys.tests.pages import page, post, text
from wayline.journeys.views.shares import SIGNER

pytestmark = pytest.mark.django_db
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def drawn(noor, warehouse):
    """A map nobody measures: two steps, a card at the first."""
    journey = make_journey(workspace=noor.workspace)
    make_card(journey.phases.get().steps.first())
    return journey


def ask(client, name, subject, headers=SCRIPT, **values):
    slug = Placement.objects.get().journey.workspace.slug
    return client.post(reverse(f"journeys:{name}", args=[slug, subject.pk]), values, headers=headers)


def test_a_card_is_added_by_a_plain_form_and_stands_on_the_map(client, drawn):
    step = Step.objects.first()

    answer = post(client, "add_card", drawn, lane="pain", step=step.pk, title="Nobody answers")

    assert answer.url == page("map", drawn, "")
    assert "Nobody answers" in text(client.get(answer.url))


def test_a_card_for_a_hidden_lane_says_where_it_is(client, drawn):
    step = Step.objects.first()

    form = text(client.get(page("add_card", drawn, "")))
    answer = post(client, "add_card", drawn, lane="goal", step=step.pk, title="To be online")

    assert form.index("Pain points</option>") < form.index("Goals (hidden)</option>")
    assert "a hidden lane: show it under Lanes" in text(client.get(answer.url))


def test_the_map_renders_its_cards_without_a_script(client, drawn):
    answer = text(client.get(page("map", drawn)))

    assert "The slot is too late" in answer
    assert f'href="../cards/{Placement.objects.get().pk}/"' in answer


def test_a_move_is_answered_with_both_cells_and_an_undo(client, drawn):
    placement, target = Placement.objects.get(), Step.objects.all()[1]

    answer = ask(client, "move_card", placement, step=target.pk, seen=placement.version)

    assert answer.status_code == 200
    assert f'hx-target="#cell-pain-{target.pk}-at"' in text(answer)
    assert f'hx-target="#cell-pain-{placement.step_id}-at"' in text(answer)
    assert "data-undo" in text(answer)


def test_a_stale_move_is_answered_with_the_true_cell(client, drawn):
    placement, (_, second, third) = Placement.objects.get(), Step.objects.all()
    operations.move_cards([placement], step=third, by=None, now=timezone.now())

    answer = ask(client, "move_card", placement, step=second.pk, seen=1)

    assert answer.status_code == 409
    assert f'hx-target="#cell-pain-{third.pk}-at"' in text(answer)
    assert f'hx-target="#cell-pain-{second.pk}-at"' in text(answer)  # where it was put in vain
    assert "The slot is too late" in text(answer)
    assert "Somebody changed this card" in text(answer)


def test_a_stale_text_is_refused_and_the_true_words_shown(client, drawn):
    placement = Placement.objects.get()
    operations.describe_card(placement.card, journey=drawn, title="Hers", by=None, now=timezone.now())

    answer = ask(client, "rename_card", placement, title="Mine", seen=1)

    assert (answer.status_code, Card.objects.get().title) == (409, "Hers")
    assert "Hers" in text(answer)


def test_without_a_script_a_refusal_is_a_page(client, drawn):
    answer = ask(client, "rename_card", Placement.objects.get(), headers={}, title=" ")

    assert answer.status_code == 409
    assert "Give the card a name" in text(answer)


def test_a_moved_step_tells_the_map_to_fetch_itself_again(client, drawn):
    step = Step.objects.first()

    answer = ask(client, "place_step", step, phase=step.phase_id, before="", seen=step.version)

    assert answer.headers["Wayline-Map"] == "reload"
    assert list(Step.objects.values_list("title", flat=True))[-1] == "Order Placed"


def test_a_feeling_is_set_and_only_the_curve_fetched_again(client, drawn):
    step = Step.objects.first()

    answer = ask(client, "feel", step, assumed_feeling="-1.5", seen=step.version)

    assert answer.headers["Wayline-Map"] == "curve"
    assert Step.objects.first().assumed_feeling == -1.5
    part = client.get(page("map", drawn, "?part=curve"), headers=SCRIPT)
    assert 'aria-valuenow="-1.5"' in text(part)


def test_undo_and_redo_are_buttons_of_plain_forms(client, drawn):
    step = Step.objects.first()
    post(client, "add_card", drawn, lane="pain", step=step.pk, title="Nobody answers")

    post(client, "undo", drawn)
    assert Card.objects.kept().count() == 1
    post(client, "redo", drawn)
    assert Card.objects.kept().count() == 2


def test_chosen_cards_move_together(client, drawn):
    second, target = make_card(Step.objects.first(), title="b"), Step.objects.last()
    ids = list(Placement.objects.values_list("pk", flat=True))

    answer = post(client, "many_cards", drawn, card=ids, step=target.pk)

    assert answer.status_code == 302
    assert {placement.step for placement in Placement.objects.all()} == {target}
    assert second.pk in ids


def picture_file(size=(3000, 2000), kind="JPEG", name="photo.jpg") -> SimpleUploadedFile:
    written, image = BytesIO(), Image.new("RGB", size, "navy")
    exif = image.getexif()
    exif[0x0110] = "Noor's camera"
    image.save(written, kind, exif=exif)
    return SimpleUploadedFile(name, written.getvalue())


def test_a_picture_is_made_small_and_loses_its_metadata(client, drawn):
    placement = Placement.objects.get()

    answer = ask(
        client, "describe_card", placement, headers={}, title="x", kind="pain", upload=picture_file()
    )

    picture = Card.objects.get().picture
    shown = client.get(reverse("journeys:picture", args=[drawn.workspace.slug, picture.pk]))
    with Image.open(BytesIO(b"".join(shown.streaming_content))) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("WEBP", (1600, 1067), {})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (SimpleUploadedFile("photo.jpg", b"<svg onload=alert(1)>"), "not a picture we can read"),
        (SimpleUploadedFile("photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40), "not a picture we can read"),
        (picture_file((4, 4), "TIFF", "photo.png"), "not a picture we can read"),
    ],
)
def test_what_is_not_a_picture_is_refused(client, drawn, file, says):
    answer = ask(
        client, "describe_card", Placement.objects.get(), headers={}, title="x", kind="pain", upload=file
    )

    assert answer.status_code == 409
    assert says in text(answer)


def test_a_picture_that_would_fill_the_memory_is_refused_unopened(client, drawn, monkeypatch):
    monkeypatch.setattr("wayline.journeys.operations.pictures.MOST_PIXELS", 100)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))

    answer = ask(
        client,
        "describe_card",
        Placement.objects.get(),
        headers={},
        title="x",
        kind="pain",
        upload=SimpleUploadedFile("a.png", one_png()),
    )

    assert "20 × 20 pixels" in text(answer)


def one_png() -> bytes:
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 20, 20, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_a_mention_is_told_in_the_product_and_by_mail_once(client, noor, drawn):
    maya = make_member(workspace=noor.workspace, name="Maya Lindqvist", role="viewer")
    card = Card.objects.get()

    answer = ask(client, "discussions", drawn, kind="card", key=card.pk, text="@maya is this so?")
    for _ in range(2):
        mail_notices({"comment": Thread.objects.get().comments.get().pk})

    assert "@maya is this so?" in text(answer)
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [
        ([maya.user.email], "Noor Haddad mentioned you: I order something")
    ]
    client.force_login(maya.user)
    assert "is this so?" in text(client.get(reverse("journeys:notices", args=[drawn.workspace.slug])))
    assert "Notices, 1 unread" in text(client.get(page("map", drawn)))
    client.post(reverse("journeys:read_notices", args=[drawn.workspace.slug]))
    assert not Notice.objects.unread().exists()


@pytest.mark.parametrize("kind", ["journey", "phase", "step", "lane"])
def test_everything_on_a_map_is_discussed_on_a_page_of_its_own_and_marked(client, drawn, kind):
    keys = {"phase": drawn.phases.get().pk, "step": Step.objects.first().pk, "lane": "pain"}
    about = {"kind": kind, "key": keys.get(kind, "")}

    post(client, "discussions", drawn, about=f"{kind}:{about['key']}", text="Is this so?")

    assert "Is this so?" in text(client.get(page("discussions", drawn), about))
    mark = f"talks-{kind}-{about['key']}" if about["key"] else "talks-open"
    assert f'id="{mark}" class="num">1</span>' in text(client.get(page("map", drawn)))
    assert 'class="talkmark"' not in text(client.get(page("present", drawn)))
    assert client.get(page("discussions", drawn), {"kind": kind, "key": "999"}).status_code == 404


def test_who_answers_among_all_discussions_still_sees_all_of_them(client, noor, drawn):
    said = {"by": noor.user, "now": timezone.now()}
    threads = [operations.begin_thread(drawn, text=words, **said) for words in ("First", "Second")]
    address = reverse("journeys:resolve_thread", args=[drawn.workspace.slug, threads[0].pk])

    answer = text(client.post(address, {"all": "yes"}, follow=True))

    assert [words in answer for words in ("First", "Second", "Reopen")] == [True, True, True]


def test_an_answer_is_told_to_those_who_take_part_and_a_resolved_thread_opens_again(noor, drawn):
    maya = make_member(workspace=noor.workspace, name="Maya")
    now = timezone.now()
    thread = operations.begin_thread(drawn, text="Is this so?", by=noor.user, now=now)
    operations.resolve_thread(thread, by=noor.user, now=now)

    operations.answer_thread(thread, text="No", by=maya.user, now=now)

    thread.refresh_from_db()
    assert thread.resolved_at is None
    assert [(notice.user, notice.reason) for notice in Notice.objects.all()] == [(noor.user, "reply")]


def test_a_name_two_people_share_calls_neither(noor, drawn):
    for _ in range(2):
        make_member(workspace=noor.workspace, name="Maya Lind")

    assert operations.mentioned("@Maya and @Omar, please", drawn) == []


def test_only_ones_own_words_are_deleted(client, noor, drawn):
    maya = make_member(workspace=noor.workspace, name="Maya")
    thread = operations.begin_thread(drawn, text="Hers", by=maya.user, now=timezone.now())

    assert ask(client, "delete_comment", thread.comments.get()).status_code == 409
    client.force_login(maya.user)
    assert ask(client, "delete_comment", thread.comments.get()).status_code == 200
    assert not Thread.objects.exists()


def shared(client, drawn, **fields) -> str:
    post(client, "shares", drawn, **fields)
    address = reverse("shared", args=[SIGNER.sign(Share.objects.get().nonce)])
    client.logout()
    return address


def test_a_shared_map_is_read_by_anybody_and_kept_from_search_engines(client, drawn):
    address = shared(client, drawn, name="Board")

    answer = client.get(address)

    assert "The slot is too late" in text(answer)
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert 'href=""' not in text(answer)
    assert "/journeys/cards/" not in text(answer)
    assert (answer.headers["X-Frame-Options"], Share.objects.get().opened) == ("DENY", 1)


def test_a_password_opens_a_shared_map_and_a_new_one_closes_it(client, drawn):
    address = shared(client, drawn, password="clouds over Kiel")

    assert "needs a password" in text(client.get(address))
    assert "not the password" in text(client.post(address, {"password": "rain"}))
    assert "The slot is too late" in text(client.post(address, {"password": "clouds over Kiel"}, follow=True))


def test_a_shared_map_with_an_unbound_step_and_a_talk_shows_neither_tool_nor_talk(client, noor, drawn):
    make_step(drawn.phases.get(), key="unbound")
    said = {"by": noor.user, "now": timezone.now()}
    operations.begin_thread(
        drawn, text="Why?", subject_kind="card", subject_key=str(Card.objects.get().pk), **said
    )

    answer = client.get(shared(client, drawn))

    assert "Not bound" in text(answer)
    assert [words for words in ("Bind this step", "discussions") if words in text(answer)] == []
    # Without a referrer browsers send the form of the password from nowhere, and it is refused.
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_map_to_embed_has_no_password(client, drawn):
    answer = post(client, "shares", drawn, password="clouds over Kiel", may_embed="on")

    assert answer.status_code == 422
    assert "Make two links" in text(answer)


def test_a_link_that_ran_out_was_ended_or_was_changed_does_not_open(client, drawn):
    address = shared(client, drawn)
    share = Share.objects.get()

    assert client.get(address[:-3] + "xx/").status_code == 404
    Share.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(address).status_code == 404
    Share.objects.update(expires_at=None)
    operations.end_share(share, by=None, now=timezone.now())
    assert client.get(address).status_code == 404


def test_a_raised_two_in_an_address_is_no_number_and_no_error(client, noor, drawn):
    library = reverse("journeys:library", args=[noor.workspace.slug])

    assert client.get(library, {"deleted": "²"}).status_code == 200
    assert client.get(shared(client, drawn), {"phase": "²"}).status_code == 200


def test_only_a_link_made_for_it_is_embedded(client, drawn):
    answer = client.get(shared(client, drawn, may_embed="on", hide_numbers="on"))

    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert "l-flow" not in text(answer)


def test_a_viewer_reads_and_discusses_but_has_no_tools(client, noor, drawn):
    maya = make_member(workspace=noor.workspace, name="Maya", role="viewer")
    client.force_login(maya.user)

    assert "data-may-edit" not in text(client.get(page("map", drawn)))
    assert ask(client, "undo", drawn).status_code == 403
    assert ask(client, "discussions", drawn, kind="journey", key="", text="Why?").status_code == 200


@pytest.mark.parametrize(
    ("title", "says"),
    [
        ("I track my parcel", ""),
        ("We work with it", ""),
        ("My order arrives", ""),
        ("Customer tracks parcel", "speaks about the customer"),
        ("Billing", "names a part of the organization"),
        ("I pass the KYC check", "a word of the organization"),
        ("Delivery", "begin with “I”"),
    ],
)
def test_titles_speak_as_the_customer(title, says):
    remark = wording.remark(title)

    assert (says in remark) if says else not remark
