"""One row of a workspace for every name that stands in an address."""

import json
from collections.abc import Callable

from django.utils import timezone

from wayline.accounts.models import Workspace
from wayline.accounts.testing import make_key, make_member

MAKERS: dict[str, Callable[[Workspace], object]] = {}


def makes(*names: str):
    def decorate(maker):
        MAKERS.update(dict.fromkeys(names, maker))
        return maker

    return decorate


def make_each(names: list[str], workspace: Workspace) -> dict[str, object]:
    """The rows' keys by the names of the address. An unknown name fails: give it a maker above all."""
    unknown = [name for name in names if name not in MAKERS]
    assert not unknown, f"tests/rows.py has no maker for {unknown}"
    made: dict[Callable, object] = {}
    for name in names:
        maker = MAKERS[name]
        if maker not in made:
            made[maker] = maker(workspace)
    return {name: getattr(made[MAKERS[name]], "pk", made[MAKERS[name]]) for name in names}


@makes("member_id")
def member(workspace):
    return make_member(workspace=workspace)


@makes("key_id")
def key(workspace):
    return make_key(workspace=workspace)


@makes("invitation_id")
def invitation(workspace):
    return workspace.invitations.create(email="o@x.test", role="viewer", invited_at=timezone.now())


@makes("customer_id")
def customer(workspace):
    from wayline.customers.testing import make_customer

    return make_customer(workspace=workspace)


@makes("merge_id")
def merge(workspace):
    from wayline.customers.models import Merge
    from wayline.customers.testing import make_customer

    kept, merged = make_customer(workspace=workspace), make_customer(workspace=workspace)
    return Merge.objects.create(
        workspace=workspace, kept=kept, merged=merged, reason="same e-mail", at=timezone.now()
    )


@makes("blocked_id")
def blocked(workspace):
    from wayline.customers.models import BlockedValue

    return BlockedValue.objects.create(
        workspace=workspace, kind="anonymous_id", value="kiosk-7", at=timezone.now()
    )


@makes("refused_merge_id")
def refused_merge(workspace):
    from wayline.customers.models import RefusedMerge

    now = timezone.now()
    return RefusedMerge.objects.create(
        workspace=workspace, one=customer(workspace), other=customer(workspace), first_at=now, last_at=now
    )


@makes("duplicate_id")
def duplicate(workspace):
    from wayline.customers.models import Duplicate

    return Duplicate.objects.create(
        workspace=workspace,
        one=customer(workspace),
        other=customer(workspace),
        probability=0.9,
        weight=3.2,
        found_at=timezone.now(),
    )


@makes("company_id")
def company(workspace):
    from wayline.customers.models import Company

    now = timezone.now()
    return Company.objects.create(
        workspace=workspace, external_id="acme", first_seen_at=now, last_seen_at=now
    )


@makes("import_id")
def import_(workspace):
    from wayline.signals.imports.testing import make_import

    return make_import(workspace=workspace)


@makes("baseline_id")
def baseline(workspace):
    from wayline.metrics.models import Baseline

    return Baseline.objects.create(
        workspace=workspace,
        name="May",
        metric="nps",
        question={},
        answer={},
        digest="",
        frozen_at=timezone.now(),
    )


@makes("webhook_id")
def webhook(workspace):
    from wayline.integrations.models import Webhook
    from wayline.integrations.webhooks import signing

    return Webhook.objects.create(
        workspace=workspace,
        name="CRM",
        url="https://x.test/",
        secret=signing.sealed(signing.new_secret()),
        created_at=timezone.now(),
    )


@makes("delivery_id")
def delivery(workspace):
    return webhook(workspace).deliveries.create(
        workspace=workspace, name="webhook.tested", created_at=timezone.now()
    )


@makes("erasure_id")
def erasure(workspace):
    from wayline.signals.rights.models import Erasure

    return Erasure.objects.create(
        workspace=workspace, customer_number=1, reason="a letter", asked_at=timezone.now()
    )


@makes("export_id")
def access_export(workspace):
    from wayline.signals.rights.models import AccessExport

    return AccessExport.objects.create(
        workspace=workspace, customer=customer(workspace), asked_at=timezone.now()
    )


@makes("whole_export_id")
def whole_export(workspace):
    from wayline.exports.models import Export

    return Export.objects.create(workspace=workspace, asked_at=timezone.now())


@makes("schedule_id")
def schedule(workspace):
    from wayline.exports.models import Schedule

    now = timezone.now()
    return Schedule.objects.create(
        workspace=workspace, name="Feedback", what="feedback", every="day", next_at=now, created_at=now
    )


@makes("scheduled_file_id")
def scheduled_file(workspace):
    now = timezone.now()
    return schedule(workspace).files.create(
        workspace=workspace, first_on=now.date(), last_on=now.date(), asked_at=now
    )


@makes("arrival_id")
def arrival(workspace):
    from wayline.exports.models import Arrival

    return Arrival.objects.create(workspace=workspace, asked_at=timezone.now())


@makes("journey_id")
def journey(workspace):
    from wayline.journeys.testing import make_journey

    return make_journey(workspace=workspace)


@makes("phase_id")
def phase(workspace):
    return journey(workspace).phases.first()


@makes("step_id")
def step(workspace):
    return phase(workspace).steps.first()


@makes("insight_id")
def insight(workspace):
    from wayline.insights.testing import make_insight

    return make_insight(workspace=workspace)


@makes("evidence_id")
def evidence(workspace):
    from wayline.insights.testing import make_evidence

    return make_evidence(insight(workspace))


@makes("opportunity_id")
def opportunity(workspace):
    from wayline.improvements.testing import make_opportunity

    return make_opportunity(workspace=workspace)


@makes("touchpoint_id")
def touchpoint(workspace):
    return step(workspace).touchpoints.create(name="E-mail")


@makes("persona_id")
def persona(workspace):
    from wayline.journeys.testing import make_persona

    return make_persona(workspace=workspace)


@makes("choice_id")
def moment_choice(workspace):
    from wayline.journeys import operations
    from wayline.journeys.testing import make_journey

    step = make_journey(workspace=workspace).phases.get().steps.first()
    return operations.dismiss_moment(step, reason="The test was broken", by=None, now=timezone.now())


@makes("moment_change_id")
def moment_change(workspace):
    from wayline.journeys.testing import make_change

    return make_change(workspace=workspace)


@makes("draft_id")
def draft(workspace):
    from wayline.journeys.models import MapDraft

    written = {"format": "wayline-journey", "version": 1, "title": "I return it", "phases": [{"name": "Ask"}]}
    return MapDraft.objects.create(
        workspace=workspace, name="return.yaml", document=written, uploaded_at=timezone.now()
    )


@makes("format")
def format_(workspace):
    return "yaml"


@makes("version_id")
def version(workspace):
    from wayline.journeys import operations

    return operations.save_version(journey(workspace), name="As drawn", by=None, now=timezone.now())


@makes("view_id")
def view(workspace):
    from wayline.journeys.models import SavedView

    member = make_member(workspace=workspace)
    return SavedView.objects.create(
        workspace=workspace, name="Mine", is_shared=True, created_at=timezone.now(), created_by=member.user
    )


@makes("change_id")
def change(workspace):
    from wayline.journeys.models import BulkChange

    return BulkChange.objects.create(workspace=workspace, act="archive", before={}, at=timezone.now())


@makes("slug", "metric")
def metric(workspace):
    return "nps"


@makes("template")
def template(workspace):
    return "saas-onboarding"


SHARED = {"slug", "template", "metric", "format", "lane_key"}  # names of a catalog, which is everybody's


def json_text(body: dict | None) -> str:
    return "" if body is None else json.dumps(body)


def smallest(schema: dict, document: dict):
    """The smallest value a JSON schema takes, enough to get past the parsing."""
    if "$ref" in schema:
        return smallest(resolved(schema["$ref"], document), document)
    if "discriminator" in schema:
        choices = schema["discriminator"]["mapping"]
        name = min(choices, key=lambda name: nesting(resolved(choices[name], document)))
        return smallest({"$ref": choices[name]}, document) | {schema["discriminator"]["propertyName"]: name}
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return smallest(schema[choice][0], document)
    if "const" in schema:
        return schema["const"]
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        known = schema.get("properties", {})
        return {name: smallest(known[name], document) for name in schema.get("required", [])}
    if schema.get("type") == "array":
        return [smallest(schema["items"], document)] * schema.get("minItems", 0)
    least = max(1, schema.get("minimum", 1))
    plain = {"integer": least, "number": float(least), "boolean": True, "null": None}
    return plain.get(schema.get("type"), text(schema))


def nesting(schema: dict) -> tuple[int, int]:
    """How much more there is below: a condition that holds conditions would never end."""
    written = json.dumps(schema)
    return written.count("$ref"), len(written)


def resolved(reference: str, document: dict) -> dict:
    return document["components"]["schemas"][reference.rsplit("/", 1)[1]]


def text(schema: dict) -> str:
    shapes = {"date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01"}
    if "@" in schema.get("pattern", ""):
        return "ines@example.test"
    return shapes.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))


@makes("segment_id")
def segment(workspace):
    from wayline.signals.testing import make_segment

    return make_segment(workspace=workspace)


@makes("term_id")
def term(workspace):
    from wayline.signals.models import Term

    return Term.objects.create(workspace=workspace, kind="behavior", name="Order Placed")


@makes("finding_id")
def finding(workspace):
    from wayline.signals.models import Finding

    return Finding.objects.create(
        workspace=workspace,
        what="typo",
        since=timezone.now(),
        found_at=timezone.now(),
        detail={"like": "Order Completed", "of": 1_000, "count": 12},
    )


@makes("refused_id")
def refused(workspace):
    from wayline.signals.models import RefusedSignal

    return RefusedSignal.objects.create(
        workspace=workspace, entry_id=1, index=0, source="test", reason="No name.", at=timezone.now()
    )


@makes("placement_id")
def placement(workspace):
    from wayline.journeys.testing import make_card

    return make_card(step(workspace))


@makes("edge_id")
def edge(workspace):
    made = journey(workspace)
    first, second, *_ = made.phases.first().steps.all()
    return made.edges.create(kind="branch", source=first, target=second)


@makes("picture_id")
def picture(workspace):
    from wayline.journeys.testing import make_picture

    return make_picture(workspace)


@makes("thread_id")
def thread(workspace):
    return journey(workspace).threads.create(begun_at=timezone.now())


@makes("comment_id")
def comment(workspace):
    return thread(workspace).comments.create(text="Is this so?", at=timezone.now())


@makes("share_id")
def share(workspace):
    return journey(workspace).shares.create(nonce=f"nonce-{workspace.pk}", created_at=timezone.now())


@makes("lane_key")
def lane(workspace):
    return "pain"


@makes("rule_id")
def rule(workspace):
    from wayline.signals.derived.rules import PRESETS
    from wayline.signals.models import DerivedRule

    says = PRESETS["repeat_contact"][1].model_dump(mode="json")
    return DerivedRule.objects.create(
        workspace=workspace, name="Repeat Contact", rule=says, created_at=timezone.now()
    )


@makes("handoff_id")
def handoff(workspace):
    from wayline.journeys.testing import make_handoff

    return make_handoff(workspace=workspace)
