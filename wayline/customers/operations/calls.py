"""What a call says about who it is, and what recognising made of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from wayline.customers.models import Merge

NOT_READ = datetime.max.replace(tzinfo=UTC)  # until Known.measure reads it; min() takes any other
NOT_SAVED = 0

Key = tuple[str, str]  # kind and normalised value


# gc=False: texts and tuples form no circles, and the collector need not look through every call of a batch.
class Call(msgspec.Struct, frozen=True, gc=False):
    """What one call says about who it is: values that name one person, and what may follow from that."""

    identities: tuple[Key, ...]
    at: datetime
    name: str = ""
    may_join_known: bool = False

    @property
    def said(self) -> str:
        return f"{self.name or 'One call'} of {self.at.day} {self.at:%b %Y}"


@dataclass
class Recognised:
    """The profile of each call (None when it names nobody), and each profile's customer as merged today."""

    profiles: list[int | None]
    customer_of: dict[int, int]
    created: list[int] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)  # (call, sentence)
    changed: list[list[int]] = field(default_factory=list)  # profiles that may belong to another customer now


class Profile:
    """A profile while a batch is being recognised; the root of a merged group carries what rules need."""

    __slots__ = ("external_ids", "first_seen_at", "id", "into", "order", "size")

    def __init__(self, order: int, first_seen_at: datetime = NOT_READ, id: int = NOT_SAVED):
        self.id, self.order, self.first_seen_at = id, order, first_seen_at
        self.into: Profile | None = None
        self.external_ids, self.size = 0, 0

    @property
    def is_known(self) -> bool:
        return self.external_ids > 0

    def root(self) -> "Profile":
        found = self
        while found.into is not None:
            found = found.into
        return found

    def absorb(self, other: "Profile") -> None:
        other.into = self
        self.size += other.size
        self.external_ids += other.external_ids
        self.first_seen_at = min(self.first_seen_at, other.first_seen_at)


class Tie:
    """Whom an anonymous id follows: the strongest value it was named with, unless two are as strong."""

    __slots__ = ("is_shared", "to", "to_profile")

    def __init__(self, to: Key | None, is_shared: bool = False, to_profile: int | None = None):
        self.to, self.is_shared, self.to_profile = to, is_shared, to_profile


def precedence(profile: Profile):
    return (not profile.is_known, profile.first_seen_at, profile.order)
