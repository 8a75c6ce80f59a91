"""Files shaped as other tools' help pages describe what they hold; docs/guide/journeys.md names the pages."""

import json
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from wayline.journeys.exchange import ojf, spreadsheets
from wayline.journeys.exchange.document import MapNotUnderstood
from wayline.journeys.models import Journey, MapDraft
from wayline.journeys.tests.pages import text


def book(**sheets) -> bytes:
    """A workbook of these sheets; a sheet is its rows, and the ranges that are merged."""
    made = Workbook()
    made.remove(made.active)
    for name, (rows, *merged) in sheets.items():
        sheet = made.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(row)
        for each in merged:
            sheet.merge_cells(each)
    written = BytesIO()
    made.save(written)
    return written.getvalue()


def placed(content: bytes, name: str = "map.xlsx", roles=None):
    drawn, unplaced = spreadsheets.place(spreadsheets.read(content, name), roles)
    return drawn, [(each.where, each.words, each.why) for each in unplaced]


def cards(step) -> list[tuple[str, str]]:
    return [(card.lane, card.title) for card in step.cards]


def test_a_map_with_stages_cards_over_several_steps_and_a_title_is_read():
    """Smaply: columns are steps over time, rows are lanes, cards may be wider than one step."""
    content = book(
        Returning=(
            [
                ["Returning a sweater", None, None, None],
                ["Persona", "Sarah"],
                ["Stage", "Discover", None, "Send back"],
                ["Step", "I open the parcel", "I look for the rules", "I drop it off"],
                ["Emotional journey", -2, -1, 1],
                ["Channel", "Parcel", "Website", "Shop\nCarrier"],
                ["Text lane", "A tear in the sleeve", "The rules are hidden", None],
                ["Backstage processes", "Warehouse packs", None, "Goods are checked"],
            ],
            "A1:D1",
            "B3:C3",
            "B8:C8",
        )
    )

    drawn, unplaced = placed(content)

    assert (drawn.title, drawn.persona) == ("Returning a sweater", "Sarah")
    assert [(phase.name, len(phase.steps)) for phase in drawn.phases] == [("Discover", 2), ("Send back", 1)]
    assert [step.feeling for step in drawn.steps] == [-2, -1, 1]
    assert [point.name for point in drawn.steps[2].touchpoints] == ["Shop", "Carrier"]
    assert ("backstage", "Warehouse packs") in cards(drawn.steps[1])  # the card is over both steps
    assert unplaced == []


def test_a_map_of_stages_with_two_personas_and_faces_is_read():
    """UXPressia: stages in columns, sections in rows, a curve for each of up to five personas, faces."""
    rows = [
        ["Stages", "Search", "Book", "Fly"],
        ["User goals", "Find a cheap flight", "Pay safely", "Arrive\nArrive on time"],
        ["Process", "Compares", "", ""],
        ["Experience (Anna)", "😀", "😡", "🙂"],
        ["Experience (Ben)", "neutral", "frustrated: asked twice", "so-so"],
        ["Experience 2", 3, 4, 5],
        ["Ideas / Opportunities", "", "Ask once", ""],
    ]

    drawn, unplaced = placed(book(Map=(rows,)))

    searches, books, flies = drawn.steps
    assert [step.title for step in drawn.steps] == ["Search", "Book", "Fly"]
    assert [{each.persona: each.feeling for each in step.feelings} for step in drawn.steps] == [
        {"Anna": 1, "Ben": 0},
        {"Anna": -2, "Ben": -1},
        {"Anna": 1},
    ]
    assert [step.feeling for step in drawn.steps] == [0, 1, 2]
    assert ("notes", "frustrated: asked twice") in cards(books)
    assert cards(flies)[:2] == [("goal", "Arrive"), ("goal", "Arrive on time")]
    assert [(where, words) for where, words, _ in unplaced] == [("Experience (Ben), column 4", "so-so")]


def test_steps_below_each_other_with_a_column_of_journeys_become_a_map_each():
    """TheyDo: phases and steps with insights, opportunities, solutions; a list may hold several journeys."""
    rows = [
        ["Journey", "Phase", "Step", "Insights", "Opportunities", "Moment of truth", "Mood"],
        ["I apply", "Compare", "I ask a friend", "They trust people", "", "", "happy"],
        ["", "", "I read reviews", "", "Show ours", "x", "annoyed"],
        ["I move in", "Move", "I get the key", "", "", "They remember this day", "4/5"],
    ]
    csv_text = "\n".join(";".join(f'"{cell}"' for cell in row) for row in rows)

    first, second = spreadsheets.read_all(csv_text.encode("utf-16"), "theydo.csv")

    applies, moves = spreadsheets.document_of(first), spreadsheets.document_of(second)
    assert [(drawn.title, len(drawn.steps)) for drawn in (applies, moves)] == [
        ("I apply", 2),
        ("I move in", 1),
    ]
    assert [step.moment for step in (*applies.steps, *moves.steps)] == [False, True, True]
    assert [step.feeling for step in (*applies.steps, *moves.steps)] == [1, -1, 1]
    assert ("notes", "They remember this day") in cards(moves.steps[0])


def test_every_map_of_a_workbook_is_read_and_what_is_none_is_told():
    content = book(
        One=([["Phase", "A", "B"], ["Step", "I go", "I come"]],),
        Two_maps=(
            [
                ["Phase", "C", "D"], ["Step", "I see", "I hear"], [],
                ["Phase", "E", "F"], ["Step", "I feel", "I taste"],
            ],
        ),
        Persona=([["Persona", "Sarah"], ["Goal", "To be heard"]],),
        Legend=([["Green means done"]],),
    )  # fmt: skip

    found = spreadsheets.read_all(content, "maps.xlsx")

    assert [sheet.title for sheet in found] == ["One", "Two maps 1", "Two maps 2"]
    assert {(sheet.persona, sheet.goal) for sheet in found} == {("Sarah", "To be heard")}
    assert [(each.where, each.words) for each in found[0].unplaced] == [
        ("Sheet “Legend”", "Green means done")
    ]


@pytest.mark.parametrize(
    ("labels", "feelings"),
    [
        (["Etappe", "Schritt", "Stimmung", "Schmerzpunkte", "Kanal"], ["sehr unzufrieden", "begeistert"]),
        (["Phase", "Étape", "Émotion", "Points de douleur", "Canal"], ["En colère", "Ravi"]),
        (["Etapa", "Paso", "Emociones", "Puntos de dolor", "Canales"], ["enfadado", "encantado"]),
        (["Fase", "Passo", "Emoção", "Dores", "Canais"], ["muito insatisfeito", "2"]),
        (["Fase", "Azione", "Emozioni", "Criticità", "Canale"], ["arrabbiato", "😍"]),
        (["Fase", "Stap", "Gevoel", "Pijnpunten", "Kanaal"], ["boos", "zeer tevreden"]),
    ],
)
def test_labels_and_feelings_of_six_languages_are_known(labels, feelings):
    cells = [["A", "B"], ["I go", "I come"], feelings, ["It hurts", ""], ["Web", "Shop"]]

    drawn, unplaced = placed(book(Map=([[label, *row] for label, row in zip(labels, cells, strict=True)],)))

    assert [(phase.name, len(phase.steps)) for phase in drawn.phases] == [("A", 1), ("B", 1)]
    assert [step.feeling for step in drawn.steps] == [-2, 2]
    assert cards(drawn.steps[0]) == [("pain", "It hurts")]
    assert [step.touchpoints[0].name for step in drawn.steps] == ["Web", "Shop"]
    assert unplaced == []


@pytest.mark.parametrize(
    ("said", "feeling"),
    [
        *(
            ("4 of 5", 1),
            ("80 %", 1.2),
            ("★★☆☆☆", -1),
            ("⭐⭐⭐⭐⭐", 2),
            ("10/10", 2),
            (":-(", -1),
            ("☹️", -1),
        ),
        *(("Not happy", None), ("unhappy", -1), ("Very  Happy!", 2), ("👍🏽", 1), ("n/a", None), ("", None)),
    ],
)
def test_a_cell_may_name_its_own_scale_a_word_or_a_face(said, feeling):
    assert spreadsheets.feelings_of([said]) == [feeling]


def test_nothing_is_left_out_without_being_told():
    long = "word " * 80
    rows = [
        ["Phase", "A", "A", "B"],
        ["Question", "Why?", "Why not?", ""],
        ["Step", "I go\nby bus", "", ""],
        ["Step name", "I ride", "", ""],
        ["Pain points", long, "lost", "late"],
        ["Measured by", "Bus Left", "", ""],
        ["Remarks", "keep this", "", ""],
    ]

    drawn, unplaced = placed(book(Map=(rows,)), roles={"3": "step", "6": "ignore"})

    goes, unnamed = drawn.steps
    assert (goes.title, unnamed.title) == ("I go", "B")
    assert cards(goes) == [("notes", "by bus"), ("pain", long[:299]), ("pain", "lost")]
    assert goes.cards[1].body == long.strip()
    assert cards(unnamed) == [("pain", "late")]
    assert [(where, words) for where, words, _ in unplaced] == [
        ("Measured by", "Bus Left"),
        ("Remarks", "keep this"),
        ("Step, column 2", "I ride"),
        ("Question, column 3", "Why not?"),
        ("column 3", "lost"),
        ("column 4", "late"),
    ]


def test_a_table_of_too_many_steps_is_refused_with_the_reason():
    rows = [["Step", *(f"I do {number}" for number in range(650))], ["Pain", *["x"] * 650]]

    with pytest.raises(MapNotUnderstood, match="at most 600 steps"):
        placed(book(Map=(rows,)))


SAMPLE = {
    "metadata": {"title": "Hotel arrival", "persona": "Traveler", "pov": "Late at night", "author": "Kim"},
    "stages": [{"id": "s1", "name": "Arrival"}, {"id": "s2", "name": "Waiting"}],
    "swimlanes": [{"id": "l1", "name": "Customer Actions"}, {"id": "l2", "name": "Guest Journey"}],
    "nodes": [
        {
            "stageId": "s1", "swimlaneId": "l1", "title": "Arrive", "description": "By taxi.",
            "severity": "low", "sentiment": "relieved", "purpose": "touchpoint", "icon": "taxi",
            "tags": ["offline"],
            "blueprint": {
                "evidence": [{"item": "Sign", "type": "Physical"}],
                "onstage": [{"actor": "Doorman", "action": "Opens the door"}],
                "support": [{"system": "Valet", "description": "Registers the time"}],
            },
        },
        {"stageId": "s2", "swimlaneId": "l2", "title": "Reads the menu", "purpose": "action", "score": 5},
    ],
}  # fmt: skip


def test_an_open_journey_file_as_its_own_tool_writes_it_is_read():
    drawn, unplaced = ojf.place(json.dumps(SAMPLE))

    arrives, reads = drawn.steps
    assert (drawn.title, drawn.persona, drawn.goal) == ("Hotel arrival", "Traveler", "Late at night")
    assert (arrives.title, arrives.feeling) == ("Arrive", 1)
    assert [(card.lane, card.title, card.body) for card in arrives.cards] == [
        ("notes", "By taxi.", "Severity: low\nMood: relieved\nPurpose: touchpoint\nTags: offline"),
        ("evidence", "Sign", "Physical"),
        ("frontstage", "Doorman: Opens the door", ""),
        ("system", "Valet", "Registers the time"),
    ]
    assert (reads.title, reads.feeling) == ("Reads the menu", 2)
    assert [(each.where, each.words) for each in unplaced] == [
        ("icon of nodes", "1 times"),
        ("metadata author", "Kim"),
    ]


@pytest.mark.django_db
def test_the_maps_of_a_file_are_looked_at_and_drawn_one_after_the_other(client, noor, warehouse):
    rows = [["Phase", "A", "B"], ["Step", "I go", "I come"], ["Mood", "happy", "whatever"]]
    file = SimpleUploadedFile("two.xlsx", book(Going=(rows,), Coming=(rows,)))
    answer = client.post(reverse("journeys:import", args=[noor.workspace.slug]), {"file": file})
    first, second = MapDraft.objects.all()

    look = text(client.get(answer.url))
    assert "Maps in this file" in look
    assert "Neither a number, a face nor a word for a feeling" in look
    answer = client.post(answer.url, {"draw": "1", "title": "Going"})
    assert answer.url.endswith(f"/{second.pk}/")
    client.post(answer.url, {"draw": "1", "title": "Coming"})
    assert sorted(journey.title for journey in Journey.objects.all()) == ["Coming", "Going"]
    assert not MapDraft.objects.exists()
