import csv
import gzip
import tracemalloc
import zipfile
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayline.signals.imports import readers
from wayline.signals.imports.mapping import FileRules
from wayline.signals.imports.readers import FileNotReadable

CELLS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x85\u2028\u2029\ufeff")
    | st.sampled_from("\n,;\"'"),
    max_size=12,
)


def read(path, **rules) -> tuple[readers.Source, list]:
    with readers.opened(path, FileRules(**rules)) as source:
        rows = list(source.rows)
    return source, rows


def cells(path, **rules) -> list:
    return [row for _, row in read(path, **rules)[1]]


@pytest.mark.slow
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=60, deadline=None)
def test_every_dialect_is_read_as_it_was_written(tmp_path_factory, rows, delimiter, encoding, ending):
    path = tmp_path_factory.mktemp("dialects") / "file.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
        writer.writerow(["one", "two", "three"])
        writer.writerows(rows)

    source, found = read(path, repair=False)

    assert (source.columns, source.delimiter) == (["one", "two", "three"], delimiter)
    assert [row for _, row in found] == rows


def test_lines_are_those_of_the_file(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text('a,b\n1,"two\nlines"\n\n2,x\n')

    assert read(path)[1] == [(2, ["1", "two\nlines"]), (5, ["2", "x"])]


@pytest.mark.parametrize("content", [b"", b"\n\n  \n"])
def test_empty_files_are_refused_in_words(tmp_path, content):
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    with pytest.raises(FileNotReadable, match="at least one row"):
        read(path)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Grüße aus München\nschöne Straße – „gut“", "cp1252"),
        ("Привет это тест\nзаказ не пришёл", "cp1251"),
        ("Grüße", "utf-16"),
        ("Grüße", "utf-8-sig"),
    ],
)
def test_encodings_are_found_out(tmp_path, text, encoding):
    path = tmp_path / "file.csv"
    path.write_bytes(
        ("id,words\n" + "".join(f"{n},{line}\n" for n, line in enumerate(text.split("\n")))).encode(encoding)
    )

    assert [row[1] for row in cells(path)] == text.split("\n")


def test_text_decoded_wrongly_before_is_repaired_and_counted(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("id,words\n1,Für Ines\n2,FÃ¼r Ines\n")

    source, found = read(path)

    assert [row[1] for _, row in found] == ["Für Ines", "Für Ines"]
    assert source.repaired == 1
    assert cells(path, repair=False)[1][1] == "FÃ¼r Ines"


def test_a_few_broken_bytes_do_not_spoil_a_file(tmp_path):
    path = tmp_path / "file.csv"
    path.write_bytes("id,words\n1,Grüße\n2,naïve\n3,schön\n4,déjà\n".encode() + b"5,caf\xe9\n")

    assert [row[1] for row in cells(path)] == ["Grüße", "naïve", "schön", "déjà", "café"]


def test_columns_without_a_name_or_with_the_same_one_are_told_apart(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text(",a,a\n1,2,3\n")

    assert read(path)[0].columns == ["column 1", "a", "a (2)"]


def test_a_file_without_a_header(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("1;2\n3;4\n")

    source, found = read(path, has_header=False, columns=["a", "b"])

    assert (source.columns, found) == (["a", "b"], [(1, ["1", "2"]), (2, ["3", "4"])])


@pytest.mark.slow
def test_huge_fields_are_read_and_endless_ones_refused(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("a,b\n1," + "x" * 3_000_000 + "\n")
    endless = tmp_path / "endless.csv"
    endless.write_text('a,b\n1,"' + "x\n" * 5_100_000)

    assert len(cells(path)[0][1]) == 3_000_000
    with pytest.raises(FileNotReadable, match="Line 2: a field is longer than 10,000,000 characters"):
        read(endless)


def test_json_lines_are_flattened(tmp_path):
    path = tmp_path / "file.jsonl"
    path.write_text('{"a": 1, "b": {"c": true}}\n\n{"a": 2.5, "d": [1, "x"], "b": null}\nnot json\n')

    source, found = read(path)

    assert source.columns == ["a", "b.c", "d", "b"]
    assert found == [(1, ["1", "true", "", ""]), (3, ["2.5", "", '[1, "x"]', ""]), (4, ["not json"])]


def test_parquet_keeps_its_types_as_text(tmp_path):
    path = tmp_path / "file.parquet"
    at = datetime(2026, 3, 1, 10)
    pq.write_table(pa.table({"n": [1, 2], "x": [0.5, None], "at": [at, at], "ok": [True, False]}), path)

    source, found = read(path)

    assert source.columns == ["n", "x", "at", "ok"]
    assert found[1] == (2, ["2", "", "2026-03-01T10:00:00", "false"])


def test_zip_and_gz_of_one_file(tmp_path):
    packed, squeezed, two = tmp_path / "a.zip", tmp_path / "a.csv.gz", tmp_path / "two.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
    squeezed.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    with zipfile.ZipFile(two, "w") as archive:
        archive.writestr("a.csv", "a\n1\n")
        archive.writestr("b.csv", "a\n1\n")

    assert cells(packed) == cells(squeezed) == [["1", "2"]]
    with pytest.raises(FileNotReadable, match="holds 2 files"):
        read(two)


@pytest.mark.parametrize("name", ["bomb.csv.gz", "bomb.xes.gz", "bomb.jsonl.gz", "bomb.zip", "bomb.parquet"])
def test_a_small_file_that_unpacks_to_more_than_may_be_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(readers, "LARGEST_UNPACKED", 1_000_000)
    path, lines = tmp_path / name, 300_000
    content = {
        "bomb.csv.gz": b"a,b\n" + b"1,2\n" * lines,
        "bomb.xes.gz": b"<log><trace><event></event>" + b" " * 5 * lines,
        "bomb.jsonl.gz": b'{"a": 1}\n' * lines,
        "bomb.zip": b"1,2\n" * lines,
    }.get(name, b"")
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(content))
    elif name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", content)
    else:
        pq.write_table(pa.table({"a": ["x"] * 4 * lines}), path)

    assert path.stat().st_size < 30_000
    with pytest.raises(FileNotReadable, match=r"unpacks to more than 0\.001 GB\. Split it"):
        read(path)


def test_a_packed_file_of_the_largest_size_is_read_to_its_end(tmp_path, monkeypatch):
    content, path = b"a,b\n" + b"1,2\n" * 1000, tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(content))
    monkeypatch.setattr(readers, "LARGEST_UNPACKED", len(content))

    assert len(cells(path)) == 1000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", b"PK\x03\x04broken"),
        ("a.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)[:10] + b"\xff" * 30),
        ("a.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 100, mtime=0)[:-20]),
        ("a.parquet", b"PAR1 nothing"),
        ("a.xes", b"<log><trace><event></log>"),
        ("a.xes", b"not xml"),
        ("a.jsonl", b"[1]\n"),
    ],
)
def test_damaged_files_are_refused_in_words(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(FileNotReadable):
        read(path)


XES = """<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/">
<trace><string key="concept:name" value="case 1"/>
<event><string key="concept:name" value="A"/><string key="lifecycle:transition" value="START"/></event>
<event><string key="concept:name" value="A"/><string key="lifecycle:transition" value="complete">
<string key="inner" value="x"/></string></event>
</trace><trace><string key="concept:name" value="case 2"/>
<event><string key="concept:name" value="B"/></event></trace></log>"""


def test_event_logs_give_their_events_with_their_case(tmp_path):
    path = tmp_path / "log.xes"
    path.write_text(XES)

    source, found = read(path)

    assert source.columns == ["case:concept:name", "concept:name", "lifecycle:transition"]
    assert found == [
        (1, ["case 1", "A", "START"]),
        (2, ["case 1", "A", "complete"]),
        (3, ["case 2", "B", ""]),
    ]
    assert cells(path, lifecycle=["COMPLETE"]) == [["case 1", "A", "complete"]]


def test_event_logs_with_entities_are_refused(tmp_path):
    path = tmp_path / "log.xes"
    path.write_text('<!DOCTYPE log [<!ENTITY a "boom">]>' + XES.partition("?>")[2].replace("case 1", "&a;"))

    with pytest.raises(FileNotReadable, match="XML entities, which are not allowed"):
        read(path)


@pytest.mark.slow
def test_reading_holds_little_of_the_file_in_memory(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("a,b\n" + "1,2\n" * 300_000)

    tracemalloc.start()
    with readers.opened(path) as source:
        count = sum(1 for _ in source.rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 300_000
    assert peak < 12_000_000
