"""Found the demo company: its year goes through the same journal and loader as everybody's signals."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from wayline.accounts.models import Membership, Role, User, Workspace
from wayline.customers.duplicates import operations as duplicates
from wayline.journeys import operations as journeys
from wayline.journeys.models import Journey
from wayline.kit import collecting
from wayline.kit.refusals import Refusal
from wayline.metrics import observed
from wayline.metrics import operations as metrics
from wayline.signals import journal, load
from wayline.signals import operations as signals
from wayline.signals.conditions import Test, TraitIs
from wayline.signals.derived import applying, rules
from wayline.signals.derived import operations as derived
from wayline.signals.names import counting
from wayline.signals.quality import operations as quality

from . import ahead, findings, hierarchy, truth, workshop, world

SOURCE = "demo"
BATCH = 10_000
# Each template with what the demo says differently: a parcel that takes a month is not coming.
JOURNEYS = (
    ("saas-onboarding", {"window_days": truth.ONBOARDING_WINDOW_DAYS, "status": "live"}),
    ("order-to-delivery", {"window_days": 30, "status": "live"}),
    ("get-help", {"window_days": 21, "status": "live"}),
)

SEGMENTS = (
    *((f"Plan {plan}", "plan", plan) for plan in truth.PLANS),
    ("Pilot: guided connecting", truth.FIX.trait, truth.FIX.treated),
    ("Pilot: control", truth.FIX.trait, truth.FIX.control),
    ("Writes in Spanish", "language", truth.DISPARITY_LANGUAGE),
    ("Works alone", "company_size", "1"),
    ("Only shops", "line", "shop"),
)


class CompanyTooSmall(Refusal):
    """So few customers would show nothing of what was planted."""


def create(
    workspace: Workspace,
    *,
    customers: int = truth.CUSTOMERS,
    seed: int = truth.SEED,
    now: datetime | None = None,
    progress: Callable[[float, str], None] = lambda done, what: None,
    by: User | None = None,
) -> int:
    """Fill the workspace with the demo company. Answers how many signals were loaded."""
    if customers < truth.SMALLEST:
        raise CompanyTooSmall(f"Ask for at least {truth.SMALLEST} customers; fewer would show nothing.")
    now = now or timezone.now()

    with collecting.paused():  # everything here is kept, or freed at once
        return _create(workspace, customers, seed, now, progress, by)


def _create(workspace: Workspace, customers: int, seed: int, now: datetime, progress, by: User | None) -> int:
    loaded, groups = 0, -(-customers // world.GROUP)
    for group, batch in enumerate(ahead.groups(customers=customers, seed=seed, now=now)):
        progress(0.96 * group / groups, f"{loaded:,} signals")
        for start in range(0, len(batch), BATCH):
            journal.append(workspace.pk, SOURCE, batch[start : start + BATCH], received_at=now)
        loaded += load.drain().loaded
    progress(0.97, "journeys")
    drawn = _draw_journeys(workspace, by=by, now=now)
    findings.write(workspace, by=by, now=now)
    _set_targets(workspace, by=by, now=now)
    _save_segments(workspace, by=by, now=now)
    workshop.write(workspace, drawn, by=by, now=now)
    hierarchy.write(workspace, drawn, by=by, now=now)
    progress(0.98, "names and rules")
    _look_after(workspace, by=by, now=now)
    progress(1.0, f"{loaded:,} signals")
    return loaded


def _set_targets(workspace: Workspace, *, by: User | None, now: datetime) -> None:
    """What the demo company wants to reach; its people set it, so the numbers stand beside a goal."""
    for metric, value in truth.TARGETS.items():
        metrics.set_target(workspace, metric=metric, value=value, due_on=None, by=by, now=now)


def _save_segments(workspace: Workspace, *, by: User | None, now: datetime) -> None:
    """The groups of customers that the planted truths are about."""
    for name, trait, value in SEGMENTS:
        condition = TraitIs(test=Test(field=trait, op="is", value=value))
        signals.create_segment(workspace, name=name, condition=condition, by=by, now=now)


def _look_after(workspace: Workspace, *, by: User | None, now: datetime) -> None:
    """What the background does for everybody: conclude, look for faults and for duplicates; here at once."""
    name, rule = rules.PRESETS[truth.DERIVED_RULE]
    made = derived.create_rule(workspace, name=name, rule=rule, by=by, now=now)
    derived.switch_on_rule(made, by=by, now=now)
    counting.catch_up(now=now)
    applying.catch_up(now=now)
    quality.check(workspace.pk, now=now)
    duplicates.propose(workspace, now=now)


def _draw_journeys(workspace: Workspace, *, by: User | None, now: datetime) -> dict[str, Journey]:
    """The three journeys of the demo by their templates, bound to the signals that came in."""
    owner = Membership.objects.filter(workspace=workspace, role=Role.OWNER).select_related("user").first()
    said = {"by": by, "now": now, "owner": owner and owner.user, "observed": observed.names(workspace.pk)}
    return {
        template: journeys.create_journey(workspace, template=template, **said, **settings)
        for template, settings in JOURNEYS
    }
