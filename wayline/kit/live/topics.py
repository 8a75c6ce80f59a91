"""What areas tell the hub about their topics, by name: the kit knows no area."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from wayline.kit import areas


@dataclass(frozen=True)
class Frame:
    """One message of the stream. Without an event it is HTML to swap in."""

    data: str
    event: str = ""
    id: int | None = None

    def encode(self) -> bytes:
        lines = [f"id: {self.id}"] if self.id is not None else []
        lines += [f"event: {self.event}"] if self.event else []
        lines += [f"data: {line}" for line in self.data.split("\n")]
        return ("\n".join(lines) + "\n\n").encode()


@dataclass(frozen=True)
class Topic:
    """draw: a subject and the facts about it become frames. readers: who of these users may read it."""

    draw: Callable[[str, Sequence[dict]], list[Frame]]
    readers: Callable[[str, Collection[int]], set[int]]


TOPICS: dict[str, Topic] = {}


def register(name: str, *, draw, readers) -> None:
    """Give a kind of topic its drawing and its readers. Stands in the area's live.py."""
    TOPICS[name] = Topic(draw, readers)


def load() -> None:
    """Import every area's live.py."""
    areas.modules("live")


def named(topic: str) -> tuple[Topic, str]:
    """The kind of a topic, and its subject: "journeys.map:12" is the map of journey 12."""
    name, _, subject = topic.partition(":")
    return TOPICS[name], subject
