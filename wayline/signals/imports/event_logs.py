"""XES event logs as rows, one for each event."""

from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from .mapping import FileRules
from .sources import FileNotReadable, Row, Source, first_line


def xes(binary: BinaryIO, rules: FileRules, wanted: tuple[str, ...]) -> Source:
    transitions = {transition.lower() for transition in rules.lifecycle}
    events = _events(binary, transitions)
    head: list[tuple[int, dict[str, str]]] = []
    for event in events:
        head.append(event)
        if len(head) == 1000:
            break
    if not head:
        raise FileNotReadable(
            "The event log holds no events that can be read. Check the file, or file: lifecycle."
        )
    columns = list(dict.fromkeys([*(key for _, event in head for key in event), *wanted]))

    def rows() -> Iterator[tuple[int, Row]]:
        for items in (head, events):
            for number, event in items:
                yield number, [event.get(column, "") for column in columns]

    return Source("xes", columns, rows(), unit="event")


def _events(binary: BinaryIO, transitions: set[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each event with its own attributes and, as case:…, its trace's; a finished trace leaves memory."""
    log = _EventLog()
    parser = expat.ParserCreate(namespace_separator=None)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = log.start, log.end
    # Entities are how XML files attack; event logs need none.
    parser.EntityDeclHandler = parser.UnparsedEntityDeclHandler = log.refuse
    parser.ExternalEntityRefHandler = log.refuse
    number = 0
    try:
        while True:
            chunk = binary.read(1 << 18)
            parser.Parse(chunk, not chunk)
            for case, event in log.finished:
                number += 1
                if not transitions or event.get("lifecycle:transition", "").lower() in transitions:
                    yield number, case | event
            log.finished.clear()
            if not chunk:
                return
    except (expat.ExpatError, ValueError) as error:
        if number == 0:
            raise FileNotReadable(
                f"This is not an XES event log that can be read: {first_line(error)}."
            ) from None
        raise FileNotReadable(
            f"The event log breaks off after {number:,} events ({first_line(error)}). Export it again."
        ) from None


class _EventLog:
    """What of the XML has been read: the attributes right below traces and events, whole traces at a time."""

    def __init__(self) -> None:
        self.finished: list[tuple[dict[str, str], dict[str, str]]] = []
        self.inside: list[str] = []
        self.case: dict[str, str] = {}
        self.event: dict[str, str] = {}
        self.events: list[dict[str, str]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        parent = self.inside[-1] if self.inside else ""
        self.inside.append(tag)
        if tag == "event":
            self.event = {}
        elif tag == "trace":
            self.case, self.events = {}, []
        elif parent == "event" and "key" in attributes:
            self.event[attributes["key"]] = attributes.get("value", "")
        elif parent == "trace" and "key" in attributes:
            self.case[f"case:{attributes['key']}"] = attributes.get("value", "")

    def end(self, tag: str) -> None:
        tag = self.inside.pop()
        if tag == "event":
            self.events.append(self.event)
        elif tag == "trace":
            self.finished.extend((self.case, event) for event in self.events)

    def refuse(self, *_: object) -> int:
        raise ValueError("it declares XML entities, which are not allowed")
