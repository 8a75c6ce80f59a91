from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayline.signals.imports import mapping as mappings
from wayline.signals.imports import plan as plans
from wayline.signals.imports.dates import DateNotUnderstood, Evidence, compile_rule
from wayline.signals.imports.mapping import DateRule, MappingNotUnderstood

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def preview(tmp_path, content: str, mapping: str, **beside: str) -> plans.Preview:
    path = tmp_path / "file.csv"
    path.write_text(content)
    paths = {f"{name}.csv": tmp_path / f"{name}.csv" for name in beside}
    for name, text in beside.items():
        (tmp_path / f"{name}.csv").write_text(text)
    plan = plans.make(
        path,
        mappings.read(mapping),
        name="file.csv",
        digest="d",
        beside=paths,
        received_at=NOW,
        timezone="UTC",
    )
    return plans.preview(plan, rows=1000)


def made(seen: plans.Preview, *fields: str) -> list:
    return [tuple(getattr(one, field) for field in fields) for row in seen.first for one in row.signals]


ENTRY = "signals:\n  - {kind: behavior, name: Seen, at: at, external_id: who%s}\n"


def reason(tmp_path, content: str, more: str = "", top: str = "") -> str:
    return preview(tmp_path, content, ENTRY % more + top).refused[0].reason


@pytest.mark.parametrize(
    ("row", "more", "said"),
    [
        ("ines,2026-02-30,", "", "at: '2026-02-30' is not a date."),
        ("ines,1899-12-31,", "", "at: '1899-12-31' lies outside the years 1900 to 2200."),
        ("ines,2027-01-01,", "", "Seen: The time 2027-01-01T00:00:00+00:00 lies in the future"),
        ("ines,,", "", "at is empty, so 'Seen' has no time."),
        (",2026-01-01,", "", "who is empty, so nobody knows whose it is."),
        ("ines,2026-01-01,x", ", value: x", "x: 'x' is not a number."),
        ("ines,2026-01-01,nan", ", value: x", "x: 'nan' is not a number."),
        ('ines,2026-01-01,"1,5"', ", value: x", "Set decimal: and thousands: in the mapping."),
        ("ines,2026-01-01,11", ", score: x, scale: nps", "x: The score 11 is outside NPS, 0 to 10."),
        ("ines,2026-01-01,-1", ", weight: x", "The weight must be a number of zero or more."),
        ("ines,2026-01-01,,,", "", "The row has 5 fields, the header 3."),
    ],
)
def test_a_row_is_refused_with_its_reason(tmp_path, row, more, said):
    assert said in reason(tmp_path, f"who,at,x\n{row}\n", more)


def test_numbers_follow_the_mappings_signs(tmp_path):
    seen = preview(
        tmp_path,
        'who,at,x\nines,2026-01-01,"1.234,50"\n',
        ENTRY % ", value: x" + 'decimal: ","\nthousands: "."\n',
    )

    assert made(seen, "value") == [(1234.5,)]


def test_markers_and_meanings_become_nothing(tmp_path):
    seen = preview(
        tmp_path,
        "who,at,x\nines,2026-01-01,?\notto,2026-01-01,6\nida,2026-01-01,4\n",
        ENTRY % ", score: x, scale: csat5" + 'missing: ["?"]\nvalues: {x: {6: null}}\n',
    )

    assert made(seen, "external_id", "score") == [("ida", 4)]
    assert seen.reasons == [("Seen", "no score", 2)]


def test_an_answer_without_a_score_but_with_words_is_kept(tmp_path):
    seen = preview(
        tmp_path, "who,at,x,t\nines,2026-01-01,,Late\n", ENTRY % ", score: x, scale: csat5, text: t"
    )

    assert made(seen, "score", "scale", "text") == [(None, None, "Late")]


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ("x", ["a", "b"]),
        ("{column: x, filled: false}", ["c"]),
        ("{column: x, equals: 1}", ["a"]),
        ("{column: x, not_equals: 1}", ["b", "c"]),
        ("{column: x, in: [1, 2]}", ["a", "b"]),
        ("{column: x, not_in: [1]}", ["b", "c"]),
        ("[x, {column: who, equals: b}]", ["b"]),
        ("{any: [{column: x, equals: 1}, {column: who, equals: c}]}", ["a", "c"]),
    ],
)
def test_tests_choose_rows(tmp_path, when, found):
    content = "who,at,x\na,2026-01-01,1\nb,2026-01-01,2\nc,2026-01-01,\n"

    seen = preview(tmp_path, content, ENTRY % f", when: {when}")

    assert [who for (who,) in made(seen, "external_id")] == found


def test_computed_columns(tmp_path):
    seen = preview(
        tmp_path,
        "who,at,due,done,code\nines,2026-01-01,2026-01-05,2026-01-07,DE-12-x\notto,2026-01-01,2026-01-05,,\n",
        ENTRY
        % ", properties: [late, early, took, part, last, some, big, both, file]"
        + "compute:\n  late: {after: [done, due]}\n  early: {before: [done, due], yes: ja, no: nein}\n"
        "  took: {seconds_between: [at, done]}\n  part: {part: {of: code, split: '-', number: 2}}\n"
        "  last: {part: {of: code, split: '-', number: -1}}\n  some: {first_of: [absent, code, who]}\n"
        "  big: {is: {column: code, filled: true}}\n  both: {template: '{who}/{part}'}\n"
        "  file: {part: {of: '@file', split: '.', number: 1}}\n",
    )

    assert made(seen, "properties") == [
        (
            {
                "late": "yes", "early": "nein", "took": "518400", "part": "12", "last": "x",
                "some": "DE-12-x",
                "big": "yes", "both": "ines/12", "file": "file",
            },
        ),
        ({"some": "otto", "big": "no", "file": "file"},),
    ]  # fmt: skip


TICKETS = (
    "ticket,state,at,who\n1,new,2026-01-01,ines\n1,new,2026-01-02,ines\n"
    "1,done,2026-01-03,ines\n2,new,2026-01-04,otto\n"
)
GROUPED = (
    "group_by: ticket\ndefaults: {external_id: who, at: at, kind: operation}\nsignals:\n"
    "  - {name: opened, when: {first: true}}\n  - {name: 'now {state}', when: {changed: state}}\n"
    "  - {name: settled, when: {last: true}}\n"
)


def test_groups_know_first_last_and_changed(tmp_path):
    seen = preview(tmp_path, TICKETS, GROUPED)

    assert [(one.name, one.at.day) for row in seen.first for one in row.signals] == [
        ("opened", 1), ("now new", 1), ("now done", 3), ("settled", 3),
        ("opened", 4), ("now new", 4), ("settled", 4),
    ]  # fmt: skip


def test_a_group_that_comes_back_is_refused(tmp_path):
    seen = preview(tmp_path, TICKETS + "1,done,2026-01-05,ines\n", GROUPED)

    assert seen.refused[0].reason.startswith("Rows of ticket '1' stand apart. Sort the file by ticket")


LOOKED_UP = (
    "lookups:\n  people: {file: people.csv, key: id, on: who}\n"
    "  scores: {file: scores.csv, key: who, on: who, many: each}\n"
    "signals:\n  - {kind: behavior, name: Seen, at: at, external_id: people.mail}\n"
    "  - {each: scores, kind: answer, name: Rated, at: at, external_id: who, score: scores.n, scale: csat5}\n"
)


def test_lookups_join_files(tmp_path):
    seen = preview(
        tmp_path, "who,at\n1,2026-01-01\n2,2026-01-02\n", LOOKED_UP,
        people="id,mail\n1,ines@x.de\n2,otto@x.de\n", scores="who,n\n1,5\n1,4\n",
    )  # fmt: skip

    assert made(seen, "name", "external_id", "score") == [
        ("Seen", "ines@x.de", None), ("Rated", "1", 5), ("Rated", "1", 4), ("Seen", "otto@x.de", None),
    ]  # fmt: skip
    assert len({one.key for row in seen.first for one in row.signals}) == 4


def test_large_lookups_move_to_a_file_and_answer_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("wayline.signals.imports.lookups.KEPT_IN_MEMORY", 1)

    test_lookups_join_files(tmp_path)


def test_a_key_that_occurs_twice_must_be_explained(tmp_path):
    with pytest.raises(MappingNotUnderstood, match="1 rows of people.csv have a id that occurred before"):
        preview(
            tmp_path, "who,at\n1,2026-01-01\n", LOOKED_UP,
            people="id,mail\n1,a@x.de\n1,b@x.de\n", scores="who,n\n1,5\n",
        )  # fmt: skip


def test_a_lookup_without_its_file_says_which(tmp_path):
    with pytest.raises(MappingNotUnderstood, match="lookups, scores, file: scores.csv was not given"):
        preview(tmp_path, "who,at\n1,2026-01-01\n", LOOKED_UP, people="id,mail\n1,a@x.de\n")


@pytest.mark.slow
@given(at=st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)), day_first=st.booleans())
@settings(max_examples=100, deadline=None)
def test_dates_are_read_as_they_were_written(at, day_first):
    at = at.replace(microsecond=0)
    read = compile_rule(DateRule(day_first=day_first), timezone="UTC")
    order = "%d/%m/%Y" if day_first else "%m/%d/%Y"

    assert read(at.strftime(f"{order} %H:%M:%S")) == at.replace(tzinfo=UTC)
    assert read(at.strftime(f"{order} %I:%M:%S %p")) == at.replace(tzinfo=UTC)
    assert read(at.strftime("%a %b %d %H:%M:%S +0000 %Y")) == at.replace(tzinfo=UTC)
    assert read(at.isoformat()) == at.replace(tzinfo=UTC)
    for pattern in ("%d.%m.%Y %H:%M:%S", "%Y%m%d%H%M%S", "%y-%m-%d %H:%M:%S", "%d %B %Y %H:%M:%S"):
        expected = datetime.strptime(at.strftime(pattern), pattern).replace(tzinfo=UTC)
        try:
            assert compile_rule(DateRule(format=pattern), timezone="UTC")(at.strftime(pattern)) == expected
        except DateNotUnderstood:
            assert expected.year < 1900


def test_clocks_set_back_are_read_as_the_first_of_the_two_hours():
    read = compile_rule(DateRule(timezone="Europe/Berlin"), timezone="UTC")

    assert read("2026-10-25 02:30").isoformat() == "2026-10-25T00:30:00+00:00"


@pytest.mark.parametrize(
    ("values", "day_first", "said"),
    [
        (["03/04/2018", "25/04/2018"], True, None),
        (["03/04/2018", "04/25/2018"], False, None),
        (["03/04/2018", "05/06/2018"], None, "can be read with the day or the month first"),
        (
            ["25/04/2018", "04/25/2018"],
            None,
            "some values have the day first (25/04/2018) and others the month",
        ),
        (["2018-04-03"], None, None),
    ],
)
def test_the_whole_column_settles_the_order_of_day_and_month(values, day_first, said):
    evidence = Evidence("at", DateRule())
    for value in values:
        evidence.see(value)

    problem = evidence.finish()

    assert evidence.settled == day_first
    assert (said is None) == (problem is None)
    assert said is None or said in problem


def plan_of(tmp_path, content: str, mapping: str = ENTRY % "", **how) -> plans.Plan:
    path = tmp_path / "long.csv"
    path.write_text(content)
    return plans.make(
        path, mappings.read(mapping), name="long.csv", digest="long", beside={}, received_at=NOW,
        timezone="UTC", **how,
    )  # fmt: skip


def test_a_look_ends_in_time_also_where_every_row_is_refused(tmp_path):
    plan = plan_of(tmp_path, "who,at\n" + "ines,2026-13-13\n" * 3_000)

    seen = plans.preview(plan, seconds=0)

    assert (seen.rows, seen.is_whole, seen.signals) == (0, False, 0)
    assert plans.preview(plan).refused_rows == 3_000


def test_what_the_whole_file_said_of_its_dates_is_remembered(tmp_path, monkeypatch):
    content = "who,at\n" + "ines,03.04.2026\n" * 1_200 + "ines,13.04.2026\n"
    first = plan_of(tmp_path, content)
    monkeypatch.setattr(plans.Rows, "settle_dates", lambda *_: pytest.fail("the file was read again"))

    again = plans.make(
        first.path, mappings.read(ENTRY % ", value: at"), name="long.csv", digest="long", beside={},
        received_at=NOW, timezone="UTC",
    )  # fmt: skip

    assert (first.total, again.total, again.rows.settled) == (1_201, 1_201, {"at": True})


def test_a_file_whose_dates_are_clear_need_not_be_counted(tmp_path):
    mapping = ENTRY % "" + "day_first: true\n"

    plan = plan_of(tmp_path, "who,at\nines,03.04.2026\n", mapping, is_counted=False)

    assert plan.total is None
    assert plans.preview(plan).is_whole
    with pytest.raises(plans.readers.FileNotReadable, match="no rows"):
        plan_of(tmp_path, "who,at\n", mapping, is_counted=False)


def test_a_word_that_is_spelled_like_a_column_is_asked_about(tmp_path):
    plan = plan_of(tmp_path, "who,at,what\nines,2026-01-01,bought\n", ENTRY.replace("Seen", "what") % "")

    (note,) = plan.notes
    assert note.startswith("signals 1, name: every signal gets the word what.")
    assert 'Write name: "{what}"' in note


@pytest.mark.slow
def test_simple_files_are_mapped_fast(tmp_path):
    content = "id,who,at,amount,city\n" + "".join(
        f"{n},customer {n % 5000},2026-01-{n % 28 + 1:02d} 10:00:00,{n % 100}.5,Berlin\n"
        for n in range(100_000)
    )
    path = tmp_path / "file.csv"
    path.write_text(content)
    mapping = ENTRY % ", value: amount, properties: [city], id: [id]"
    plan = plans.make(
        path, mappings.read(mapping), name="file.csv", digest="d", beside={}, received_at=NOW, timezone="UTC"
    )

    began = process_time()
    seen = plans.preview(plan)
    rate = seen.rows / (process_time() - began)

    assert seen.signals == 100_000
    assert rate > 15_000  # processor time; an idle machine reaches more than twice as much
