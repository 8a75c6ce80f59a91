"""Files with everybody in them that are kept for download. Erasing a person removes them whole."""

from wayline.exports.models import Arrival, Export, Schedule, ScheduledFile
from wayline.exports.snapshots import asking
from wayline.signals.rights.person import Person
from wayline.signals.rights.places.files import remove_folder


class Exports:
    name, label = "exports", "Exports, snapshots and scheduled files"
    is_read_whole = False

    def count(self, person: Person) -> int:
        tables = self._tables(person).count()
        return tables + len(self._kept(person)) + len(asking.kept(person.workspace))

    def erase(self, person: Person) -> int:
        for file in self._tables(person):
            remove_folder(file.path.parent)
        tables = self._tables(person).update(folder="")
        kept = self._kept(person)
        for each in kept:
            remove_folder(each.path.parent if isinstance(each, Export) else each.path)
            type(each).objects.filter(pk=each.pk).update(folder="")
        return tables + len(kept) + asking.remove(person.workspace)

    def _tables(self, person: Person):
        """Scheduled files with rows of people; answers of metrics have none."""
        kept = ScheduledFile.objects.filter(workspace=person.workspace).exclude(folder="")
        return kept.exclude(schedule__what=Schedule.What.METRIC)

    def _kept(self, person: Person) -> list[Export | Arrival]:
        mine = {"workspace": person.workspace}
        exports = Export.objects.filter(**mine).exclude(folder="")
        # What is being put in just now is read from its folder; the erasure waits until it has ended.
        arrivals = Arrival.objects.filter(**mine).exclude(folder="").exclude(state__in=["waiting", "running"])
        return [*exports, *arrivals]


EXPORTS = Exports()
