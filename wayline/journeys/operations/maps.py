"""A whole map at once: drawn from a document, or made to be what a document says."""

from datetime import datetime, timedelta

from django.db import transaction

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.journeys import announcing
from wayline.journeys.exchange import drawing, leads, uploads
from wayline.journeys.exchange.document import CardPart, Document, PhasePart, StepPart
from wayline.journeys.models import (
    Card,
    Edge,
    Handoff,
    Journey,
    JourneyTag,
    Lane,
    MapDraft,
    MomentChange,
    MomentChoice,
    Persona,
    PersonaFeeling,
    Phase,
    Picture,
    Placement,
    Step,
    Touchpoint,
)

from . import order
from .personas import create_persona
from .pictures import check_pictures, keep_picture
from .refusals import MapChangedMeanwhile

DRAFTS_ARE_KEPT = timedelta(days=7)


@transaction.atomic
def import_map(
    workspace: Workspace, document: Document, *, by: User | None, now: datetime, source: str = ""
) -> Journey:
    """Draw a new journey from a document."""
    journey = Journey.objects.create(
        workspace=workspace, created_at=now, created_by=by, changed_at=now, **_settings(document)
    )
    _Drawing(journey, by, now).draw(document)
    audit.record("journey.imported", subject=journey, by=by, at=now, source=source[:200])
    return journey


@transaction.atomic
def replace_map(
    journey: Journey,
    document: Document,
    *,
    by: User | None,
    now: datetime,
    revision: str | None = None,
    source: str = "",
) -> None:
    """Make the map what the document says; steps are known by their keys, and what is gone can be restored.

    With the revision that the document was written from, it is refused when the map has changed since.
    """
    order.touch(journey, by=by, now=now)
    before = drawing.document_of(journey)
    if revision is not None and revision != before.revision:
        raise MapChangedMeanwhile(
            f"“{journey}” has changed since the file was written. Pull again, put your change into the new "
            "file, and push that."
        )
    order.change_kept(journey, noun="journey", **_settings(document))
    _Drawing(journey, by, now).draw(document)
    announcing.redrawn(journey, now=now)
    audit.record(
        "journey.replaced",
        subject=journey,
        by=by,
        at=now,
        source=source[:200],
        before=before.revision,
        after=document.revision,
    )


@transaction.atomic
def draft_maps(
    workspace: Workspace, *, content: bytes, name: str, by: User | None, now: datetime
) -> list[MapDraft]:
    """Keep the maps of an uploaded file until a person has said what their rows and columns mean."""
    MapDraft.objects.filter(workspace=workspace, uploaded_at__lt=now - DRAFTS_ARE_KEPT).delete()
    found = uploads.read(content, name)
    drafts = []
    for each in found:
        check_pictures((each.document and each.document.pictures) or {})
        called = f"{name[:120]}: {each.title[:78]}" if len(found) > 1 else name[:200]
        draft = MapDraft.objects.create(
            workspace=workspace, name=called, uploaded_at=now, uploaded_by=by, **each.stored
        )
        audit.record("map_draft.uploaded", subject=draft, by=by, at=now)
        drafts.append(draft)
    return drafts


@transaction.atomic
def draw_draft(draft: MapDraft, document: Document, *, by: User | None, now: datetime) -> Journey:
    """Draw the journey that a draft became, and let the draft go."""
    journey = import_map(draft.workspace, document, by=by, now=now, source=draft.name)
    draft.delete()
    return journey


def _settings(document: Document) -> dict:
    names = ("title", "goal", "perspective", "persona", "status", "window_days", "start", "follow")
    return {name: getattr(document, name) for name in names}


class _Drawing:
    """Puts a document onto a journey, keeping the rows that are the same thing."""

    def __init__(self, journey: Journey, by: User | None, now: datetime):
        self.journey, self.by, self.now = journey, by, now
        self.cards: dict[tuple, Card] = {}
        self.personas: dict[str, Persona] = {}
        self.leads = leads.Leads(journey.workspace)
        self.pictures: dict[str, Picture | None] = {}
        self.says_pictures = True
        self.taken: set[int] = set()  # phases that stand for one of the document's already

    def draw(self, document: Document) -> None:
        self._pictures(document)
        phases = [self._phase(part, place) for place, part in enumerate(document.phases)]
        self._without(Phase.objects.filter(journey=self.journey), phases)
        steps = [
            self._step(part, phase, place)
            for phase, drawn in zip(phases, document.phases, strict=True)
            for place, part in enumerate(drawn.steps)
        ]
        self._without(Step.objects.filter(phase__journey=self.journey), steps)
        self._known_cards()
        for step, part in zip(steps, document.steps, strict=True):
            self._touchpoints(step, part)
        self._feelings(steps, document)
        self._placements(steps, document)
        self._tags(document)
        self._lanes(document)
        self._edges({step.key: step for step in steps}, document)
        self._handoffs(document)
        self._decisions({step.key: step for step in steps}, document)
        self._changes({step.key: step for step in steps}, document)

    def _without(self, rows, kept: list) -> None:
        rows.filter(deleted_at=None).exclude(pk__in=[row.pk for row in kept]).update(deleted_at=self.now)

    def _phase(self, part: PhasePart, place: int) -> Phase:
        fields = {"question": part.question, "position": place, "deleted_at": None}
        same = Phase.objects.filter(journey=self.journey, name=part.name).exclude(pk__in=self.taken)
        phase = same.filter(deleted_at=None).first() or same.first()
        if phase is None:
            phase = Phase.objects.create(journey=self.journey, name=part.name, **fields)
        else:
            Phase.objects.filter(pk=phase.pk).update(**fields)
        self.taken.add(phase.pk)
        return phase

    def _step(self, part: StepPart, phase: Phase, place: int) -> Step:
        condition = part.condition.model_dump(mode="json") if part.condition else None
        fields = {
            "phase": phase,
            "title": part.title,
            "position": place,
            "condition": condition,
            "is_required": part.required,
            "is_repeatable": part.repeatable,
            "is_moment": part.moment,
            "is_fail_point": part.fail_point,
            "assumed_feeling": part.feeling,
            "deleted_at": None,
        }
        same = Step.objects.filter(phase__journey=self.journey, key=part.key)
        known = same.filter(deleted_at=None).first() or same.first()
        if known is None:
            return Step.objects.create(key=part.key, **fields)
        Step.objects.filter(pk=known.pk).update(**fields)
        return known

    def _touchpoints(self, step: Step, part: StepPart) -> None:
        stored = list(step.touchpoints.kept())
        if [(each.name, each.channel) for each in stored] == [
            (each.name, each.channel) for each in part.touchpoints
        ]:
            return
        step.touchpoints.kept().update(deleted_at=self.now)
        Touchpoint.objects.bulk_create(
            Touchpoint(step=step, name=each.name, channel=each.channel, position=place)
            for place, each in enumerate(part.touchpoints)
        )

    def _persona(self, name: str) -> Persona:
        """The workspace's persona of this name; one that is not there yet begins as an assumption."""
        if name not in self.personas:
            workspace = self.journey.workspace
            known = Persona.objects.kept().filter(workspace=workspace, name=name).first()
            self.personas[name] = known or create_persona(workspace, name=name, by=self.by, now=self.now)
        return self.personas[name]

    def _feelings(self, steps: list[Step], document: Document) -> None:
        stored = PersonaFeeling.objects.filter(step__in=steps)
        stored.kept().update(deleted_at=self.now)
        for step, part in zip(steps, document.steps, strict=True):
            for each in part.feelings:
                fields = {"feeling": each.feeling, "deleted_at": None}
                stored.update_or_create(step=step, persona=self._persona(each.persona), defaults=fields)

    def _pictures(self, document: Document) -> None:
        """The pictures that cards name: those the document carries, else those the workspace has."""
        workspace, said = self.journey.workspace, document.pictures
        self.says_pictures = said is not None
        for name in {card.picture for step in document.steps for card in step.cards if card.picture}:
            if said and name in said:
                found = keep_picture(workspace, said[name], by=self.by, now=self.now)
            else:
                found = Picture.objects.filter(workspace=workspace).named(name).order_by("pk").first()
            self.pictures[name] = found

    def _known_cards(self) -> None:
        """Cards that stand on this map stay the cards they are: other maps show them too."""
        placed = Placement.objects.filter(journey=self.journey, card__deleted_at=None)
        placed = placed.select_related(
            "card__picture", "card__linked_journey", "card__linked_step__phase__journey"
        )
        for placement in placed:
            self.cards.setdefault(self._words(placement.card), placement.card)

    def _card(self, part: CardPart) -> Card:
        words = self._words(part)
        if words not in self.cards:
            journey, step = self.leads.found(part)
            self.cards[words] = Card.objects.create(
                linked_journey=journey,
                linked_step=step,
                workspace_id=self.journey.workspace_id,
                kind=part.kind,
                title=part.title,
                body=part.body,
                channel=part.channel,
                metric=part.metric,
                picture=self.pictures.get(part.picture),
                created_at=self.now,
                created_by=self.by,
                changed_at=self.now,
            )
        return self.cards[words]

    def _placements(self, steps: list[Step], document: Document) -> None:
        stored = Placement.objects.kept().filter(journey=self.journey).order_by("position", "pk")
        known: dict[tuple, list[Placement]] = {}
        for placement in stored:
            known.setdefault((placement.step_id, placement.lane, placement.card_id), []).append(placement)
        kept, made = [], []
        for step, part in zip(steps, document.steps, strict=True):
            for place, drawn in enumerate(part.cards):
                card = self._card(drawn)
                same = known.get((step.pk, drawn.lane, card.pk))
                if same:
                    placement = same.pop(0)
                    Placement.objects.filter(pk=placement.pk).update(position=place)
                    kept.append(placement)
                else:
                    made.append(
                        Placement(card=card, journey=self.journey, step=step, lane=drawn.lane, position=place)
                    )
        self._without(Placement.objects.filter(journey=self.journey), kept)
        Placement.objects.bulk_create(made)

    def _tags(self, document: Document) -> None:
        tags = JourneyTag.objects.filter(journey=self.journey)
        tags.exclude(name__in=document.tags).delete()
        workspace = self.journey.workspace_id
        rows = [JourneyTag(workspace_id=workspace, journey=self.journey, name=name) for name in document.tags]
        JourneyTag.objects.bulk_create(rows, ignore_conflicts=True)

    def _lanes(self, document: Document) -> None:
        lanes = Lane.objects.filter(journey=self.journey)
        lanes.exclude(key__in=[part.key for part in document.lanes]).update(deleted_at=self.now)
        for part in document.lanes:
            fields = part.model_dump(exclude={"key"}) | {"deleted_at": None}
            fields["persona"] = self._persona(part.persona) if part.persona else None
            Lane.objects.update_or_create(journey=self.journey, key=part.key, defaults=fields)

    def _edges(self, steps: dict[str, Step], document: Document) -> None:
        Edge.objects.kept().filter(journey=self.journey).update(deleted_at=self.now)
        Edge.objects.bulk_create(
            Edge(
                journey=self.journey,
                kind=part.kind,
                source=steps[part.source],
                target=steps[part.target],
                label=part.label,
            )
            for part in document.edges
        )

    def _handoffs(self, document: Document) -> None:
        stored = Handoff.objects.filter(journey=self.journey)
        stored.kept().update(deleted_at=self.now)
        if not document.handoffs:
            return
        placed = Placement.objects.on_kept_maps().filter(journey=self.journey)
        found: dict[tuple, Placement] = {}
        for placement in placed.select_related("card", "step").order_by("position", "pk"):
            found.setdefault((placement.step.key, placement.lane, placement.card.title), placement)
        names = ("label", "expected_minutes", "begins_with", "ends_with")
        for part in document.handoffs:
            source, target = (found[end] for end in part.ends)
            fields = {name: getattr(part, name) for name in names} | {"deleted_at": None}
            known = stored.filter(source=source, target=target).first()
            if known is None:
                Handoff.objects.create(journey=self.journey, source=source, target=target, **fields)
            else:
                stored.filter(pk=known.pk).update(**fields)

    def _decisions(self, steps: dict[str, Step], document: Document) -> None:
        """Decisions that the document does not name are taken back; without a list of them all stay."""
        if document.decisions is None:
            return
        standing = MomentChoice.objects.standing().filter(step__phase__journey=self.journey)
        wanted = {(steps[part.step].pk, part.kind, part.reason) for part in document.decisions}
        known = {(row.step_id, row.kind, row.reason): row.pk for row in standing}
        standing.exclude(pk__in=[known[each] for each in wanted & known.keys()]).update(withdrawn_at=self.now)
        MomentChoice.objects.bulk_create(
            MomentChoice(step_id=step, kind=kind, reason=reason, at=self.now, by=self.by)
            for step, kind, reason in sorted(wanted - known.keys())
        )

    def _changes(self, steps: dict[str, Step], document: Document) -> None:
        """The list of changes as the document says it; the same words of one kind are the same change."""
        if document.changes is None:
            return
        rows = MomentChange.objects.kept().filter(step__phase__journey=self.journey)
        known: dict[tuple, list[int]] = {}
        for row in rows:
            known.setdefault((row.step_id, row.kind, row.what), []).append(row.pk)
        kept = []
        for part in document.changes:
            fields = part.model_dump(include={"cost", "status", "due_on"}) | {"changed_at": self.now}
            fields["owner"] = self.leads.member(part.owner)
            same = known.get((steps[part.step].pk, part.kind, part.what))
            if same:
                kept.append(same.pop(0))
                rows.filter(pk=kept[-1]).update(**fields)
            else:
                made = {"kind": part.kind, "what": part.what, "created_at": self.now, "created_by": self.by}
                change = MomentChange.objects.create(step=steps[part.step], **made, **fields)
                kept.append(change.pk)
        rows.exclude(pk__in=kept).update(deleted_at=self.now)

    def _words(self, card: Card | CardPart) -> tuple:
        """What makes two cards the same: all that they say, and what they show where the document says it."""
        if isinstance(card, CardPart):
            lead, picture = card.leads, self.pictures.get(card.picture)
        else:
            lead, picture = drawing.lead_of(card), card.picture
        shown = picture.name if picture and self.says_pictures else ""
        return card.kind, card.title, card.body, card.channel, card.metric, lead, shown
