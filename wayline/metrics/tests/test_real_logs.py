"""Event logs that others published, with the counts they published."""

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from django.conf import settings

from wayline.metrics import paths
from wayline.metrics.questions import Period
from wayline.warehouse import connect

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
EVER = Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
needs_data = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.exists(), reason="the real data sets are not beside the checkout"),
]
pytestmark = needs_data


def load_csv(folder: str) -> None:
    (file,) = (DATA / folder).glob("*.csv")
    with file.open(encoding="utf-8") as lines:
        load(
            (row["case:concept:name"], row["concept:name"], row["time:timestamp"])
            for row in csv.DictReader(lines)
        )


def load_xes(folder: str, keep=lambda event: True, name=lambda event: event["concept:name"]) -> None:
    (file,) = (DATA / folder).glob("*.xes.gz")
    with gzip.open(file) as text:
        load(_events(text, keep, name))


def _events(text, keep, name):
    for number, (_, trace) in enumerate(
        (event, element)
        for event, element in ElementTree.iterparse(text)
        if element.tag.rpartition("}")[2] == "trace"
    ):
        for event in trace:
            if event.tag.rpartition("}")[2] == "event":
                fields = {each.get("key"): each.get("value") for each in event}
                if keep(fields):
                    yield number, name(fields), fields["time:timestamp"]
        trace.clear()


def load(events) -> None:
    cases, names, times = zip(*events, strict=True)
    numbers = {case: number for number, case in enumerate(dict.fromkeys(cases))}
    customer = [numbers[case] for case in cases]
    at = [datetime.fromisoformat(time).astimezone(UTC).replace(tzinfo=None) for time in times]
    seq = list(range(len(at)))
    rows = {"customer": customer, "profile": customer, "at": at, "received_at": at, "seq": seq, "name": names}
    constant = {"workspace": pa.repeat(1, len(at)), "kind": pa.repeat("operation", len(at))}
    with connect.current().writing() as writer:
        writer.append("signals", pa.table(rows | constant | {"key": [f"{number:032x}" for number in seq]}))


def counts(graph) -> dict:
    return {(edge.source, edge.target): edge.count for edge in graph.edges}


def test_running_example(warehouse):
    load_csv("log_running_example")

    graph, found = paths.directly_follows(1, EVER), paths.frequent_paths(1, EVER)

    assert (graph.units, graph.signals, len(graph.nodes), len(graph.edges)) == (6, 42, 8, 16)
    assert found.variants == 6
    edges = counts(graph)
    assert edges["check ticket", "decide"] == 6
    assert edges["examine casually", "check ticket"] == 4
    assert edges["register request", "examine casually"] == 3
    assert edges["decide", "reinitiate request"] == 3
    assert edges["decide", "pay compensation"] == 3
    assert edges["decide", "reject request"] == 3


@pytest.mark.slow
def test_receipt(warehouse):
    load_csv("log_receipt")

    graph, found = paths.directly_follows(1, EVER), paths.frequent_paths(1, EVER)

    assert (graph.units, graph.signals, len(graph.nodes), len(graph.edges)) == (1434, 8577, 27, 99)
    assert (found.variants, found.paths[0].count) == (116, 713)
    edges = counts(graph)
    assert edges["Confirmation of receipt", "T02 Check confirmation of receipt"] == 1079
    assert (
        edges["T04 Determine confirmation of receipt", "T05 Print and send confirmation of receipt"] == 1177
    )


@pytest.mark.slow
def test_bpic2013(warehouse):
    load_xes("log_bpic2013_incidents")

    graph, found = paths.directly_follows(1, EVER), paths.frequent_paths(1, EVER)

    assert (graph.units, graph.signals, len(graph.nodes), len(graph.edges)) == (7554, 65533, 4, 11)
    assert found.variants == 1511
    assert counts(graph)["Accepted", "Accepted"] == 22527
    assert counts(graph)["Queued", "Accepted"] == 10729


@pytest.mark.slow
def test_bpic2013_with_lifecycle(warehouse):
    load_xes(
        "log_bpic2013_incidents",
        name=lambda event: f"{event['concept:name']} {event['lifecycle:transition']}",
    )

    graph, found = paths.directly_follows(1, EVER), paths.frequent_paths(1, EVER)

    assert (len(graph.nodes), len(graph.edges), found.variants) == (13, 81, 2278)


@pytest.mark.slow
def test_bpic2012(warehouse):
    load_xes("log_bpic2012_loans")

    graph, found = paths.directly_follows(1, EVER), paths.frequent_paths(1, EVER)

    assert (graph.units, graph.signals, len(graph.nodes), len(graph.edges)) == (13087, 262200, 24, 125)
    assert (found.variants, found.paths[0].count) == (4366, 3429)


@pytest.mark.slow
def test_bpic2012_completed_only(warehouse):
    load_xes("log_bpic2012_loans", keep=lambda event: event["lifecycle:transition"] == "COMPLETE")

    graph, found = paths.directly_follows(1, EVER), paths.frequent_paths(1, EVER)

    assert (graph.units, graph.signals, len(graph.nodes), len(graph.edges)) == (13087, 164506, 23, 138)
    assert found.variants == 4336
