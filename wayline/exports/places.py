"""Files with everybody in them that are kept for download. Erasing a person removes them whole."""

from wayline.exports.models import Arrival, Export
from wayline.signals.rights.person import Person
from wayline.signals.rights.places.files import remove_folder


class Exports:
    name, label = "exports", "Exports of the whole workspace"

    def count(self, person: Person) -> int:
        return len(self._kept(person))

    def erase(self, person: Person) -> int:
        kept = self._kept(person)
        for each in kept:
            remove_folder(each.path.parent if isinstance(each, Export) else each.path)
            type(each).objects.filter(pk=each.pk).update(folder="")
        return len(kept)

    def _kept(self, person: Person) -> list[Export | Arrival]:
        mine = {"workspace": person.workspace}
        exports = Export.objects.filter(**mine).exclude(folder="")
        # What is being put in just now is read from its folder; the erasure waits until it has ended.
        arrivals = Arrival.objects.filter(**mine).exclude(folder="").exclude(state__in=["waiting", "running"])
        return [*exports, *arrivals]


EXPORTS = Exports()
