import json
from base64 import b64decode, b64encode
from datetime import date
from hashlib import sha256
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from PIL import Image
from pptx import Presentation

from wayline.accounts.testing import bearer, make_key, make_member
from wayline.journeys import operations
from wayline.journeys.exchange import document, drawing, ojf, printing, slides, spreadsheets, tables
from wayline.journeys.exchange.document import (
    CardPart,
    ChangePart,
    DecisionPart,
    Document,
    EdgePart,
    FeelingPart,
    HandoffPart,
    LanePart,
    MapNotUnderstood,
    PhasePart,
    StepPart,
    TouchpointPart,
)
from wayline.journeys.models import Card, Journey, MapDraft, MomentChange, MomentChoice, Picture, Step
from wayline.journeys.operations.refusals import MapChangedMeanwhile, PictureRefused
from wayline.journeys.testing import make_card, make_journey, make_picture
from wayline.journeys.tests.pages import text
from wayline.signals.conditions import SignalIs, Test

pytestmark = pytest.mark.django_db

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=30).filter(
    lambda said: document.line_of(said) != ""
)
maybe = st.one_of(st.just(""), words)
keys = st.from_regex(r"\A[a-z][a-z0-9-]{0,10}\Z")


def picture(color: str, kind: str = "WEBP", size: tuple[int, int] = (3, 2), **more) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, color).save(written, kind, **more)
    return written.getvalue()


def named(content: bytes) -> tuple[str, str]:
    """The name and the base64 of a picture, as files carry it."""
    return f"sha256-{sha256(content).hexdigest()[:32]}", b64encode(content).decode()


PICTURES = dict(named(picture(color)) for color in ("red", "green", "blue"))


@st.composite
def documents(draw) -> Document:
    """Any map there can be, small."""
    named = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    cards = st.builds(
        CardPart,
        lane=keys,
        kind=st.sampled_from(Card.Kind.values),
        title=words,
        body=maybe,
        channel=maybe,
        picture=st.sampled_from(["", *PICTURES]),
    )
    felt = st.builds(FeelingPart, persona=words, feeling=st.floats(-2, 2))
    points = st.builds(TouchpointPart, name=words, channel=maybe)
    where = st.builds(Test, field=words, op=st.just("is"), value=words)
    condition = st.builds(
        SignalIs, names=st.lists(words, min_size=1, max_size=2).map(tuple), where=st.tuples(where)
    )
    steps = [
        draw(
            st.builds(
                StepPart,
                title=words,
                key=st.just(key),
                required=st.booleans(),
                repeatable=st.booleans(),
                moment=st.booleans(),
                fail_point=st.booleans(),
                feelings=st.lists(felt, max_size=2, unique_by=lambda each: each.persona).map(tuple),
                feeling=st.one_of(st.none(), st.floats(-2, 2).map(lambda value: round(value, 3))),
                condition=st.one_of(st.none(), condition),
                touchpoints=st.lists(points, max_size=2).map(tuple),
                cards=st.lists(cards, max_size=2).map(lambda part: tuple(sorted(part, key=lambda c: c.lane))),
            )
        )
        for key in named
    ]
    shown = CardPart(lane="a", kind="picture", title="Form", picture=draw(st.sampled_from([*PICTURES])))
    steps[0] = steps[0].model_copy(update={"cards": (shown, *steps[0].cards)})
    steps[0] = steps[0].model_copy(update={"cards": tuple(sorted(steps[0].cards, key=lambda c: c.lane))})
    carried = {card.picture for step in steps for card in step.cards if card.picture}
    cut = draw(st.integers(0, len(steps)))
    phases = [
        PhasePart(name=draw(words), question=draw(maybe), steps=tuple(part))
        for part in (steps[:cut], steps[cut:])
    ]
    edges = draw(
        st.lists(
            st.builds(
                EdgePart,
                source=st.sampled_from(named),
                target=st.sampled_from(named),
                kind=st.sampled_from(["branch", "loop"]),
                label=maybe,
            ),
            max_size=2,
        )
    )
    ends = sorted({(step.key, card.lane, card.title) for step in steps for card in step.cards})
    handed = {}
    for _ in range(draw(st.integers(0, 2)) if ends else 0):
        source, target = draw(st.sampled_from(ends)), draw(st.sampled_from(ends))
        part = HandoffPart(
            source_step=source[0], source_lane=source[1], source_card=source[2],
            target_step=target[0], target_lane=target[1], target_card=target[2],
            label=draw(maybe), expected_minutes=draw(st.one_of(st.none(), st.integers(1, 9_000))),
            begins_with=draw(maybe),
        )  # fmt: skip
        if source != target:
            handed[source, target] = part
    where = st.sampled_from(named)
    decided = st.builds(
        DecisionPart, step=where, kind=st.sampled_from(MomentChoice.Kind.values), reason=words
    )
    changed = st.builds(
        ChangePart,
        step=where,
        kind=st.sampled_from(MomentChange.Kind.values),
        what=words,
        cost=st.one_of(st.none(), st.integers(0, 10**12)),
        status=st.sampled_from(MomentChange.Status.values),
        due_on=st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2100, 1, 1))),
    )
    return Document(
        title=draw(words),
        handoffs=tuple(handed[each] for each in sorted(handed)),
        decisions=_apart(draw, decided, "reason"),
        changes=_apart(draw, changed, "what"),
        pictures={name: PICTURES[name] for name in sorted(carried)},
        goal=draw(maybe),
        perspective=draw(st.sampled_from(Journey.Perspective.values)),
        status=draw(st.sampled_from(Journey.Status.values)),
        window_days=draw(st.one_of(st.none(), st.integers(1, 3650))),
        tags=tuple(sorted({document.line_of(tag) for tag in draw(st.lists(words, max_size=2))})),
        phases=tuple(phases),
        lanes=tuple(
            LanePart(key=key, title=draw(maybe), is_hidden=draw(st.booleans()), persona=draw(maybe))
            for key in sorted(draw(st.lists(keys, max_size=2, unique=True)))
        ),
        edges=tuple(sorted(edges, key=lambda e: (e.source, e.target, e.kind, e.label))),
    )


def _apart(draw, parts, name: str) -> tuple:
    """Some of these, no two with the same words at a step, in the order of documents."""
    found = draw(
        st.lists(parts, max_size=2, unique_by=lambda part: (part.step, part.kind, getattr(part, name)))
    )
    return tuple(sorted(found, key=lambda part: (part.step, part.kind, getattr(part, name))))


CALM = settings(
    max_examples=20,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.slow
@CALM
@given(drawn=documents())
def test_a_map_exported_and_imported_is_the_same_map(noor, drawn):
    journey = operations.import_map(noor.workspace, drawn, by=noor.user, now=timezone.now())

    assert drawing.document_of(journey, whole=True) == drawn


@pytest.mark.slow
@CALM
@given(first=documents(), second=documents())
def test_a_map_becomes_any_other_and_comes_back(noor, first, second):
    journey = operations.import_map(noor.workspace, first, by=noor.user, now=timezone.now())

    for wanted in (second, first):
        operations.replace_map(journey, wanted, by=noor.user, now=timezone.now())
        assert drawing.document_of(journey, whole=True) == wanted


@settings(CALM, max_examples=20, phases=(Phase.explicit, Phase.generate))
@given(drawn=documents())
def test_a_map_written_and_read_is_the_same_map(drawn):
    for written in (document.as_yaml(drawn), document.as_json(drawn)):
        assert document.read(written) == drawn


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\ufeff", "\t", "\x07", "é", "🙂"])
def test_signs_that_break_lines_elsewhere_survive(sign):
    condition = SignalIs(names=(f"Paid{sign}again",))
    step = StepPart(title="I pay", key="pay", condition=condition)
    drawn = Document(title="x", phases=(PhasePart(name="a", steps=(step,)),))

    assert document.read(document.as_yaml(drawn)) == drawn


def small(**fields) -> Document:
    step = StepPart(
        title="I ask for a return",
        key="ask",
        feeling=-1,
        touchpoints=(TouchpointPart(name="Returns page", channel="web"),),
        cards=(CardPart(lane="pain", kind="pain", title="=cmd|'/c calc'!A1"),),
    )
    return Document(title="I return it", phases=(PhasePart(name="Ask", steps=(step,)),), **fields)


def test_steps_keep_their_rows_when_a_map_is_replaced(noor):
    journey = make_journey(workspace=noor.workspace)
    before = dict(Step.objects.values_list("key", "pk"))
    found = drawing.document_of(journey)

    changed = found.model_copy(update={"phases": (PhasePart(name="Other", steps=found.steps[1:]),)})
    operations.replace_map(journey, changed, by=noor.user, now=timezone.now(), revision=found.revision)

    assert {step.key: step.pk for step in Step.objects.kept()} == {
        key: pk for key, pk in before.items() if key != "order-placed"
    }


def test_a_map_changed_meanwhile_is_not_overwritten(noor):
    journey = make_journey(workspace=noor.workspace)
    found = drawing.document_of(journey)
    operations.add_phase(journey, name="Later", by=noor.user, now=timezone.now())

    with pytest.raises(MapChangedMeanwhile, match="Pull again"):
        operations.replace_map(journey, found, by=noor.user, now=timezone.now(), revision=found.revision)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "not a map"),
        ("[1, 2", "line"),
        ("format: wayline-journey\nversion: 2\ntitle: x", "version 2"),
        ("format: wayline-journey\nversion: 1\ntitle: x\nphases: []", "phases"),
        ("format: wayline-journey\nversion: 1\ntitle: x\nphases: [{name: a, colour: red}]", "colour"),
        ("a: &a [x]\nb: *a", "aliases"),
        ("{" * 3000, "neither YAML nor JSON"),
    ],
)
def test_a_file_that_is_no_map_is_refused_with_the_place(written, says):
    with pytest.raises(MapNotUnderstood, match=says):
        document.read(written)


def test_texts_run_in_no_spreadsheet():
    assert "'=cmd" in tables.as_csv(small())
    book = load_workbook(BytesIO(tables.as_xlsx(small())))
    cells = [cell for row in book["Map"].iter_rows() for cell in row if cell.value]
    assert not any(cell.data_type == "f" for cell in cells)


def test_our_own_tables_come_back_as_maps():
    for content, name in ((tables.as_csv(small()).encode(), "a.csv"), (tables.as_xlsx(small()), "a.xlsx")):
        found = spreadsheets.document_of(spreadsheets.read(content, name))
        (step,) = found.steps
        assert (found.phases[0].name, step.title, step.feeling) == ("Ask", "I ask for a return", -1)
        assert step.touchpoints == small().steps[0].touchpoints
        assert [card.title for card in step.cards if card.lane == "pain"] == ["=cmd|'/c calc'!A1"]


def test_slides_hold_native_tables():
    steps = tuple(StepPart(title=f"I do {n}", key=f"s{n}") for n in range(8))
    deck = Presentation(
        BytesIO(slides.as_pptx(Document(title="x", phases=(PhasePart(name="a", steps=steps),))))
    )

    found = [shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table]

    assert [len(table.columns) for table in found] == [7, 3]
    assert found[0].cell(1, 1).text == "I do 0"


def test_the_print_sheet_escapes_what_people_write():
    sheet = printing.as_html(small(goal="<script>alert(1)</script>"))

    assert "<script>" not in sheet
    assert "var(" not in sheet


@pytest.mark.slow
def test_pdf_is_made_with_and_without_a_browser(monkeypatch):
    assert printing.as_pdf(small())[:5] == b"%PDF-"
    monkeypatch.setattr(printing, "browser", lambda: None)
    assert printing.as_pdf(small())[:5] == b"%PDF-"
    with pytest.raises(printing.BrowserMissing, match="Install the package"):
        printing.as_png(small())


ACROSS = """Stage,Aware,,Buy
Step,I hear of it,I compare,I pay
Emotional journey,2,3,5
Channel lane,TV,Website,"Shop
App"
Pain points,,- too many words,
Backstage processes,,,Billing
"""
DOWN = """Phase;Step title;Insight;Opportunities;Mood
Aware;I hear of it;;;happy
Aware;I compare;They ask friends;Show reviews;frustrated
Buy;I pay;;;neutral
"""


def test_a_sheet_with_steps_across_is_read_as_tools_export_it():
    found = spreadsheets.document_of(spreadsheets.read(ACROSS.encode(), "smaply map.csv"))

    assert [(phase.name, len(phase.steps)) for phase in found.phases] == [("Aware", 2), ("Buy", 1)]
    assert [step.feeling for step in found.steps] == [-1, 0, 2]
    assert [card.title for step in found.steps for card in step.cards] == ["too many words", "Billing"]
    assert [point.name for point in found.steps[2].touchpoints] == ["Shop", "App"]


def test_a_sheet_with_steps_down_is_read_and_corrected_by_roles():
    sheet = spreadsheets.read(DOWN.encode(), "theydo.csv")

    found = spreadsheets.document_of(sheet)
    corrected = spreadsheets.document_of(sheet, {"2": "ignore"}, title="I shop")

    assert [step.feeling for step in found.steps] == [1, -1, 0]
    assert {card.lane for step in found.steps for card in step.cards} == {"notes", "opportunity"}
    assert {card.lane for step in corrected.steps for card in step.cards} == {"opportunity"}
    assert corrected.title == "I shop"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PK\x03\x04 broken", "a.xlsx"),
        (b"", "a.csv"),
        (b"one,cell", "a.csv"),
        (b"a\x00b,c\nd,e", "a.csv"),
        (BytesIO().getvalue(), "a.xlsx"),
    ],
)
def test_broken_sheets_are_refused(content, name):
    with pytest.raises(MapNotUnderstood):
        spreadsheets.read(content, name)


OJF = {
    "version": "1.0",
    "persona": "Sarah",
    "pointOfView": "Returning a sweater",
    "stages": [{"id": "s1", "name": "Discovery"}, {"id": "s2", "name": "Waiting"}],
    "swimlanes": [{"id": "a", "name": "Customer Actions"}, {"id": "p", "name": "Pain Points"}],
    "nodes": [
        {"stageId": "s1", "swimlaneId": "a", "title": "Opens it", "score": -5, "isMomentOfTruth": True},
        {"stageId": "s1", "swimlaneId": "p", "title": "Torn", "blueprint": {"backstage": "Quality check"}},
    ],
}


def test_an_open_journey_file_is_read():
    found = ojf.read(json.dumps(OJF))

    opens, waits = found.steps
    assert (found.title, found.persona) == ("Returning a sweater", "Sarah")
    assert (opens.title, opens.feeling, opens.moment) == ("Opens it", -2, True)
    assert [(card.lane, card.title) for card in opens.cards] == [
        ("pain", "Torn"),
        ("backstage", "Quality check"),
    ]
    assert waits.title == "Waiting"


def test_an_open_journey_file_that_points_nowhere_is_refused():
    with pytest.raises(MapNotUnderstood):
        ojf.read(json.dumps(OJF | {"nodes": [{"stageId": "s9", "title": "Lost"}]}))


def upload(client, member, content, name):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("journeys:import", args=[member.workspace.slug]), {"file": file})


def test_a_file_is_looked_at_before_it_is_drawn(client, noor, warehouse):
    answer = upload(client, noor, DOWN.encode(), "maps from theydo.csv")
    draft = MapDraft.objects.get()

    look = client.get(answer.url)

    assert look.context["drawn"].title == "maps from theydo"
    assert not Journey.objects.exists()
    client.post(answer.url, {"draw": "1", "title": "I shop", "role-2": "ignore"})
    journey = Journey.objects.get()
    assert (journey.title, Card.objects.count()) == ("I shop", 1)
    assert not MapDraft.objects.filter(pk=draft.pk).exists()


def test_a_file_that_cannot_become_a_map_is_refused_on_the_page(client, noor, warehouse):
    answer = upload(client, noor, b"MZ", "setup.exe")

    assert answer.status_code == 422
    assert "Upload one of" in text(answer)


def test_a_workbook_with_merged_phases_is_read():
    book = Workbook()
    sheet = book.active
    for row in (["Phase", "Aware", None, "Buy"], ["Step", "I hear", "I compare", "I pay"]):
        sheet.append(row)
    sheet.merge_cells("B1:C1")
    written = BytesIO()
    book.save(written)

    found = spreadsheets.document_of(spreadsheets.read(written.getvalue(), "map.xlsx"))

    assert [(phase.name, len(phase.steps)) for phase in found.phases] == [("Aware", 2), ("Buy", 1)]


@pytest.mark.parametrize("format", ["yaml", "json", "csv", "xlsx", "pptx"])
def test_every_format_is_downloaded(client, noor, warehouse, format):
    journey = make_journey(workspace=noor.workspace)

    answer = client.get(reverse("journeys:export", args=[noor.workspace.slug, journey.pk, format]))

    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="i-order-something.{format}"'


def test_programs_take_a_map_out_and_put_it_back(client, warehouse):
    key = make_key(role="contributor")
    headers = {"content_type": "application/json", **bearer(key)}
    made = client.post("/api/v1/journeys/maps", {"document": small().plain}, **headers).json()

    path = f"/api/v1/journeys/{made['journey']}"
    changed = {"document": small(goal="Quickly").plain, "revision": made["revision"]}
    assert client.post(f"{path}/replace", changed, **headers).status_code == 200
    assert client.post(f"{path}/replace", changed, **headers).status_code == 409
    assert client.get(f"{path}/map", **bearer(key)).json()["document"]["goal"] == "Quickly"
    assert client.post("/api/v1/journeys/maps", {"document": {"a": 1}}, **headers).status_code == 422


def whole_map(noor) -> tuple[Journey, Journey]:
    """A map that leads to another, with a decision and a change behind a step, and that other."""
    other = make_journey(workspace=noor.workspace, title="I am answered", steps=("Answered",))
    journey = make_journey(workspace=noor.workspace, perspective="employee")
    step = journey.phases.get().steps.first()
    said = {"by": noor.user, "now": timezone.now()}
    make_card(
        step, lane="nested", kind="step", title="They read it", linked_step=Step.objects.get(key="answered")
    )
    operations.accept_moment(step, reason="Most are lost here", **said)
    change = {"kind": "people", "what": "Two who call back", "cost": 60_000, "status": "under_way"}
    operations.add_change(step, owner=noor.user, due_on=date(2027, 1, 1), **change, **said)
    return journey, other


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_map_taken_out_wiped_and_put_in_again_leads_and_lists_what_it_did(client, noor, warehouse, form):
    journey, _ = whole_map(noor)
    before = drawing.document_of(journey, whole=True)
    file = client.get(reverse("journeys:export", args=[noor.workspace.slug, journey.pk, form])).content
    journey.delete()

    look = upload(client, noor, file, f"map.{form}")
    assert "Every cell of the file has a place" in text(client.get(look.url))
    client.post(look.url, {"draw": "1"})

    again = Journey.objects.get(title=before.title)
    assert drawing.document_of(again, whole=True) == before
    assert MomentChange.objects.get(step__phase__journey=again).owner == noor.user
    assert Card.objects.get(title="They read it", placements__journey=again).linked_step.key == "answered"


def test_what_a_file_names_and_the_workspace_lacks_is_told(client, noor, warehouse):
    journey, other = whole_map(noor)
    file = client.get(reverse("journeys:export", args=[noor.workspace.slug, journey.pk, "json"])).content
    other.delete()
    file = file.replace(noor.user.email.encode(), b"nobody@x.test")

    look = text(client.get(upload(client, noor, file, "map.json").url))

    assert "no such journey or step to lead to" in look
    assert "the change has no owner" in look


def test_a_file_without_decisions_takes_none_back(noor):
    journey, _ = whole_map(noor)

    operations.replace_map(journey, drawing.document_of(journey), by=noor.user, now=timezone.now())
    assert (MomentChoice.objects.standing().count(), MomentChange.objects.kept().count()) == (1, 1)
    empty = drawing.document_of(journey).model_copy(update={"decisions": (), "changes": ()})
    operations.replace_map(journey, empty, by=noor.user, now=timezone.now())
    assert (MomentChoice.objects.standing().count(), MomentChange.objects.kept().count()) == (0, 0)


def test_a_restricted_journey_is_named_in_no_file_and_led_to_by_none(noor):
    journey, other = whole_map(noor)
    found = drawing.document_of(journey)
    Journey.objects.filter(pk=other.pk).update(is_restricted=True)

    assert "I am answered" not in document.as_json(drawing.document_of(journey))
    again = operations.import_map(noor.workspace, found, by=noor.user, now=timezone.now())
    assert not Card.objects.filter(placements__journey=again).exclude(linked_step=None).exists()


def pictured(noor) -> tuple[Journey, Card]:
    """A map with a picture on a card."""
    journey = make_journey(workspace=noor.workspace)
    step, shown = journey.phases.get().steps.first(), make_picture(noor.workspace)
    return journey, make_card(step, lane="pictures", kind="picture", title="The form", picture=shown).card


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_pictures_travel_with_the_map_into_another_workspace(client, noor, warehouse, form):
    omar = make_member(role="contributor")
    journey, card = pictured(noor)
    file = client.get(reverse("journeys:export", args=[noor.workspace.slug, journey.pk, form])).content
    client.force_login(omar.user)

    client.post(upload(client, omar, file, f"map.{form}").url, {"draw": "1"})

    again = Card.objects.get(workspace=omar.workspace, title="The form")
    assert again.picture.workspace == omar.workspace
    assert again.picture.file.open("rb").read() == card.picture.file.open("rb").read()


def test_a_picture_the_workspace_has_is_kept_once_and_needs_no_bytes(noor):
    journey, card = pictured(noor)
    whole = drawing.document_of(journey, whole=True)
    bare = whole.model_copy(update={"pictures": {}})

    for found in (whole, bare):
        again = operations.import_map(noor.workspace, found, by=noor.user, now=timezone.now())
        assert again.placements.get().card.picture == card.picture
    assert Picture.objects.count() == 1


def test_a_picture_of_another_kind_is_written_anew_small_and_without_its_metadata(noor):
    exif = Image.Exif()
    exif[0x010E] = "Taken at home"
    photo = b64encode(picture("red", "JPEG", (2000, 100), exif=exif)).decode()
    step = StepPart(
        title="I pay",
        key="pay",
        cards=(CardPart(lane="pictures", kind="picture", title="x", picture="desk"),),
    )
    drawn = Document(title="x", phases=(PhasePart(name="a", steps=(step,)),), pictures={"desk": photo})

    journey = operations.import_map(noor.workspace, drawn, by=noor.user, now=timezone.now())

    kept = Picture.objects.get()
    assert (kept.width, kept.height) == (1600, 80)
    (name, encoded), *_ = drawing.document_of(journey, whole=True).pictures.items()
    assert (name, b"Taken at home" in b64decode(encoded)) == (kept.name, False)


@pytest.mark.parametrize(
    ("encoded", "says"),
    [
        ("no base64!", "not written in base64"),
        (b64encode(b"<svg/>").decode(), "not a picture"),
        (b64encode(picture("red")[:-9]).decode(), "not a picture"),
    ],
)
def test_what_is_no_picture_is_refused_before_anything_is_drawn(client, noor, warehouse, encoded, says):
    file = small(pictures={"desk": encoded}).plain

    answer = upload(client, noor, json.dumps(file).encode(), "map.json")

    assert answer.status_code == 422
    assert "The picture “desk” of the file" in text(answer)
    assert says in text(answer)
    with pytest.raises(PictureRefused):
        operations.keep_picture(noor.workspace, encoded, by=noor.user, now=timezone.now())


def test_metadata_hidden_in_a_picture_of_our_own_kind_is_taken_out(noor):
    exif = Image.Exif()
    exif[0x010E] = "Taken at home"
    hidden = picture("red", exif=exif)

    kept = operations.keep_picture(
        noor.workspace, b64encode(hidden).decode(), by=noor.user, now=timezone.now()
    )

    assert b"Taken at home" in hidden
    assert b"Taken at home" not in kept.file.open("rb").read()


def test_a_picture_the_file_does_not_carry_is_told(client, noor, warehouse):
    card = CardPart(lane="pictures", kind="picture", title="The form", picture="sha256-gone")
    step = StepPart(title="I pay", key="pay", cards=(card,))
    drawn = Document(title="x", phases=(PhasePart(name="a", steps=(step,)),))

    look = upload(client, noor, document.as_yaml(drawn).encode(), "map.yaml")

    assert "The file does not carry this picture" in text(client.get(look.url))


def test_a_file_from_before_pictures_takes_none_away(noor):
    journey, card = pictured(noor)
    plain = drawing.document_of(journey).plain
    del plain["pictures"]
    del plain["phases"][0]["steps"][0]["cards"][0]["picture"]

    operations.replace_map(journey, document.parsed(plain), by=noor.user, now=timezone.now())
    assert journey.placements.kept().get().card == card
    plain["pictures"] = {}
    operations.replace_map(journey, document.parsed(plain), by=noor.user, now=timezone.now())
    assert journey.placements.kept().get().card.picture is None


def test_a_version_brings_its_picture_back(noor):
    journey, card = pictured(noor)
    said = {"by": noor.user, "now": timezone.now()}
    version = operations.save_version(journey, name="With it", **said)
    operations.describe_card(card, journey=journey, picture=None, **said)

    operations.restore_version(version, **said)

    assert journey.placements.kept().get().card.picture == Picture.objects.get()
    assert "UklGR" not in json.dumps(version.document)
