"""Where something about a person can lie. Areas above lend their places by name."""

from typing import Protocol

from django.utils.module_loading import import_string

from wayline.signals.rights.person import Person

PLACES = (
    "wayline.signals.rights.places.refusals.REFUSED",
    "wayline.signals.rights.places.stream.WAREHOUSE",
    "wayline.signals.rights.places.stream.JOURNAL",
    "wayline.signals.rights.places.refusals.REFUSED_ROWS",
    "wayline.signals.rights.places.files.IMPORTED_FILES",
    "wayline.signals.rights.places.files.ACCESS_EXPORTS",
    "wayline.exports.places.EXPORTS",
    "wayline.integrations.places.DELIVERIES",
    "wayline.signals.rights.places.mentions.MENTIONS",
    "wayline.signals.rights.places.profile.PROFILE",  # last: it is what the others are found by
)


class Place(Protocol):
    """One place. Both may be asked again: what is gone is not counted twice."""

    name: str  # in certificates
    label: str  # for people
    is_read_whole: bool  # counting takes as long as emptying: minutes for millions of signals

    def count(self, person: Person) -> int: ...

    def erase(self, person: Person) -> int: ...


def places() -> list[Place]:
    """Every place, in the order in which they are emptied."""
    return [import_string(path) for path in PLACES]


def label(name: str) -> str:
    """What people call a place."""
    return next((place.label for place in places() if place.name == name), name)
