"""Who they are: profiles, the values they are recognised by, merges, consent, and what imports told."""

from django.db import transaction

from wayline.customers.consents.models import ConsentChange
from wayline.customers.models import Customer, Identity, Merge
from wayline.signals.models import WarehouseChange
from wayline.signals.rights.person import Person


class Profile:
    name, label = "profile", "Profile, identities, merges, consent"
    is_read_whole = False

    def count(self, person: Person) -> int:
        profiles = list(person.profiles)
        return (
            Customer.objects.filter(pk__in=profiles).count()
            + Identity.objects.filter(customer__in=profiles).count()
            + Merge.objects.filter(kept__in=profiles).count()
            + ConsentChange.objects.filter(customer__in=profiles).count()
        )

    @transaction.atomic
    def erase(self, person: Person) -> int:
        gone = self.count(person)
        profiles = list(person.profiles)
        Merge.objects.filter(kept__in=profiles).delete()
        Merge.objects.filter(merged__in=profiles).delete()
        Customer.objects.filter(pk__in=profiles).update(merged_into=None)  # it protects the one that was kept
        Identity.objects.filter(customer__in=profiles).delete()
        Customer.objects.filter(pk__in=profiles).delete()
        # An empty change: whoever remembers who is who forgets it.
        WarehouseChange.objects.create(
            workspace_id=person.workspace, kind=WarehouseChange.Kind.PROFILES, subject=[]
        )
        return gone


PROFILE = Profile()
