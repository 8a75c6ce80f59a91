"""What a call says about who it is, and what recognising made of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from wayline.customers.models import Merge

NOT_READ = datetime.max.replace(tzinfo=UTC)
NOT_SAVED = 0


class Call(msgspec.Struct, frozen=True, gc=False):
    """What one call says about who it is: values that name one person, and what may follow from that."""

    identities: tuple[tuple[str, str], ...]
    at: datetime
    name: str = ""
    may_join_known: bool = False


@dataclass
class Recognised:
    """The profile of each call (None when it names nobody), and each profile's customer as merged today."""

    profiles: list[int | None]
    customer_of: dict[int, int]
    created: list[int] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)  # (call, sentence)


class Profile:
    """A profile while a batch is being recognised; the root of a merged group carries what rules need."""

    __slots__ = ("absorbed", "first_seen_at", "id", "into", "is_known", "order", "size")

    def __init__(self, order: int, first_seen_at: datetime = NOT_READ, id: int = NOT_SAVED):
        self.id, self.order, self.first_seen_at = id, order, first_seen_at
        self.into: Profile | None = None
        self.absorbed: list[Profile] = []
        self.is_known, self.size = False, 0

    def root(self) -> "Profile":
        found = self
        while found.into is not None:
            found = found.into
        return found


def precedence(profile: Profile):
    return (not profile.is_known, profile.first_seen_at, profile.order)
