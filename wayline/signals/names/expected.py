"""Which properties a name's signals should have, written one a line: `total: number, required`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Type = Literal["text", "number", "boolean", "time", "structure"]
TYPES: tuple[Type, ...] = ("text", "number", "boolean", "time", "structure")
REQUIRED = "required"


class Expected(BaseModel):
    """One property, what its values should read as, and whether every signal should have it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=200)
    type: Type = "text"
    is_required: bool = False

    @property
    def line(self) -> str:
        return f"{self.name}: {self.type}{f', {REQUIRED}' if self.is_required else ''}"


class LineUnclear(ValueError):
    """A line that does not say a property; the message says what to write."""


def read(text: str) -> list[Expected]:
    """The properties that the lines say."""
    found: dict[str, Expected] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        # Names of properties may hold colons themselves; the last one parts.
        name, _, rest = line.rpartition(":") if ":" in line else (line, "", "text")
        words = [word.strip().lower() for word in rest.split(",") if word.strip()]
        types = [word for word in words if word in TYPES]
        if not name.strip() or len(types) > 1 or set(words) - {*TYPES, REQUIRED}:
            raise LineUnclear(f"“{line}” is not clear. Write it like: total: number, required.")
        if len(name.strip()) > 200:
            raise LineUnclear("The name of a property has at most 200 characters.")
        found[name.strip()] = Expected.model_validate(
            {"name": name.strip(), "type": types[0] if types else "text", "is_required": REQUIRED in words}
        )
    return list(found.values())
