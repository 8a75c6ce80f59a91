"""What people said about names, applied on the way in: spellings put right, blocked ones refused."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from wayline.signals.vocabulary import Signal

from .models import Term

# Where a signal that came under another spelling keeps it, so that the merge can be undone.
SPELLING = "wayline.spelling"


@dataclass
class Rules:
    """The rules of one workspace. They are read once for each chunk that is loaded."""

    spellings: dict[tuple[str, str], str] = field(default_factory=dict)
    blocked: set[tuple[str, str]] = field(default_factory=set)

    def applied(self, signals: Sequence[Signal]) -> dict[int, str]:
        """Put the names right; the reasons of those that are refused, by their index."""
        reasons: dict[int, str] = {}
        if not self.spellings and not self.blocked:
            return reasons
        for i, signal in enumerate(signals):
            if (true := self.spellings.get((signal.kind, signal.name))) is not None:
                signal.properties = signal.properties | {SPELLING: signal.name}
                signal.name = true
            if (signal.kind, signal.name) in self.blocked:
                reasons[i] = f"The name {signal.name} is blocked. Unblock it on its page, then replay."
        return reasons


def of(workspace_id: int) -> Rules:
    """The rules of this workspace."""
    ruled = Term.objects.filter(workspace=workspace_id)
    merged = ruled.filter(merged_into__isnull=False).values_list("kind", "name", "merged_into__name")
    blocked = ruled.filter(status=Term.Status.BLOCKED).values_list("kind", "name")
    return Rules({(kind, name): true for kind, name, true in merged}, set(blocked))
