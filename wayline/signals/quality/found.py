from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Found:
    """What one check noticed, before it is compared with what is known already."""

    what: Any  # a Finding.What; a type checker takes its members for pairs
    since: datetime
    kind: str = ""
    name: str = ""
    property_name: str = ""
    detail: dict = field(default_factory=dict)

    @property
    def sort(self) -> tuple[str, str, str, str]:
        return self.what, self.kind, self.name, self.property_name
