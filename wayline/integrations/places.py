"""What webhooks told about a person."""

from wayline.integrations.models import Delivery
from wayline.signals.rights.person import Person


class Deliveries:
    """Deliveries upon a customer go whole; others are searched with all texts."""

    name, label = "deliveries", "Deliveries of webhooks about them"
    is_read_whole = False

    def count(self, person: Person) -> int:
        return self._theirs(person).count()

    def erase(self, person: Person) -> int:
        return self._theirs(person).delete()[0]

    def told(self, person: Person) -> list[dict]:
        """For the access export: what left, and where to."""
        return [
            {"at": each.created_at, "to": each.webhook.url, "name": each.name, "body": each.body}
            for each in self._theirs(person).select_related("webhook")
        ]

    def _theirs(self, person: Person):
        numbers = [str(pk) for pk in person.profiles]
        return Delivery.objects.filter(
            workspace=person.workspace,
            body__subject_kind="customers.customer",
            body__subject_id__in=numbers,
        )


DELIVERIES = Deliveries()
