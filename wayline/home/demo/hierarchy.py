"""The demo company's lifecycle: what stands in what, what nobody maps, and what two people map apart."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import yaml
from django.db import transaction

from wayline.accounts.models import Membership, Role, User, Workspace
from wayline.journeys import operations as journeys
from wayline.journeys.exchange import document
from wayline.journeys.models import Journey, Step

WRITTEN = Path(__file__).with_suffix(".yaml")


@transaction.atomic
def write(workspace: Workspace, drawn: Mapping[str, Journey], *, by: User | None, now: datetime) -> None:
    """Draw the maps of hierarchy.yaml beside those of the templates, and put all of them in their places."""
    written = yaml.safe_load(WRITTEN.read_text())
    said = {"by": by, "now": now}
    known = dict(drawn)
    owners = _owners(workspace)
    for each in written["maps"]:
        known[each["as"]] = journey = _map(workspace, each["map"], said)
        if owner := owners.get(each.get("owner")):
            journeys.describe_journey(journey, owner=owner, **said)
    for inner, outer, phase in written["places"]:
        place = known[outer].phases.get(name=phase)
        journeys.attach_journey(known[inner], parent=known[outer], phase=place, **said)
    for lead in written["leads"]:
        source, target = (_step(known[name], key) for name, key in (lead["from"], lead["to"]))
        journeys.add_card(
            source.phase.journey,
            step=source,
            lane=lead["lane"],
            kind="step",
            title=lead["title"],
            linked_step=target,
            **said,
        )


def _map(workspace: Workspace, written: dict, said: dict) -> Journey:
    form = {"format": document.FORMAT, "version": document.VERSION}
    return journeys.import_map(workspace, document.parsed(form | written), **said)


def _owners(workspace: Workspace) -> dict[str, User]:
    """Who leads, and who works with her; nobody where the company is founded without people."""
    members = Membership.objects.filter(workspace=workspace).select_related("user").order_by("pk")
    roles = {"owner": Role.OWNER, "member": Role.CONTRIBUTOR}
    found = {
        name: next((each for each in members if each.role == role), None) for name, role in roles.items()
    }
    return {name: member.user for name, member in found.items() if member}


def _step(journey: Journey, key: str) -> Step:
    return Step.objects.select_related("phase__journey").get(phase__journey=journey, key=key)
