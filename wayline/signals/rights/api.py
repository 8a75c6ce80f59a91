from datetime import datetime

from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from wayline.accounts.api_auth import needs
from wayline.customers.models import Customer

from . import access, erase, masking, retention, search, trial
from .models import AccessExport, Erasure, FoundReport, MaskRule, RetentionRule

router = Router()


class ErasureOut(Schema):
    id: int
    uid: str = Field(description="Names the certificate for good.")
    customer_number: int
    reason: str
    state: str
    planned: dict[str, int | None] = Field(description="Null where only reading everything tells.")
    removed: dict[str, int]
    left: dict[str, int] = Field(description="What a second search found; empty when nothing.")
    asked_at: datetime
    finished_at: datetime | None

    @staticmethod
    def resolve_uid(row) -> str:
        return str(row.uid)


class EraseIn(Schema):
    confirmation: str = Field(max_length=40, description="“erase” and the customer's number.")
    reason: str = Field(max_length=300)


class AccessExportOut(Schema):
    id: int
    customer_id: int
    state: str
    percent: int
    counts: dict[str, int]
    asked_at: datetime
    expires_at: datetime | None


class RetentionOut(Schema):
    kind: str = Field(description="Empty: every kind without a rule of its own.")
    days: int


class RetentionIn(Schema):
    kind: str = ""
    days: int | None = Field(None, description="null keeps them for ever.")


class GoingOut(Schema):
    kind: str
    days: int
    before: datetime
    signals: int


class MaskingOut(Schema):
    findings: list[str]


class FoundOut(Schema):
    id: int
    state: str
    searched: int
    rows: list[list] = Field(description="[sort, kind, name, property, signals]")
    asked_at: datetime
    finished_at: datetime | None


@router.get("/people/{customer_id}/preview", response=dict[str, int | None])
@needs("owner")
def preview_erasure(request, customer_id: int):
    """How much an erasure would remove, by place."""
    return erase.preview(_customer(request, customer_id))


@router.post("/people/{customer_id}/erase", response={202: ErasureOut})
@needs("owner")
def erase_person(request, customer_id: int, body: EraseIn):
    """Remove everything about a customer for good, in the background. It cannot be undone."""
    customer = _customer(request, customer_id)
    planned = erase.preview(customer)
    return 202, erase.ask_erasure(
        customer, **body.dict(), planned=planned, by=request.member.user, now=timezone.now()
    )


@router.get("/erasures", response=list[ErasureOut])
@needs("owner")
def erasures(request):
    """The erasures with their certificates, latest first."""
    return Erasure.objects.visible_to(request.member)[:500]


@router.get("/erasures/{erasure_id}", response=ErasureOut)
@needs("owner")
def erasure(request, erasure_id: int):
    """One erasure with its certificate."""
    return get_object_or_404(Erasure.objects.visible_to(request.member), pk=erasure_id)


@router.post("/people/{customer_id}/export", response={202: AccessExportOut})
@needs("owner")
def export_person(request, customer_id: int):
    """Gather everything about a customer, in the background."""
    customer = _customer(request, customer_id)
    return 202, access.ask_access_export(customer, by=request.member.user, now=timezone.now())


@router.get("/exports/{export_id}", response=AccessExportOut)
@needs("owner")
def access_export(request, export_id: int):
    """How far an export is."""
    return get_object_or_404(AccessExport.objects.visible_to(request.member), pk=export_id)


@router.get("/exports/{export_id}/download")
@needs("owner")
def download_person(request, export_id: int):
    """The files, as long as they are kept. Answers 409 afterwards."""
    found = get_object_or_404(AccessExport.objects.visible_to(request.member), pk=export_id)
    path = access.download(found, by=request.member.user, now=timezone.now())
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"customer-{found.customer_id}.zip")


@router.get("/retention", response=list[RetentionOut])
@needs("owner")
def retention_rules(request):
    """For how long signals are kept, by kind."""
    return RetentionRule.objects.visible_to(request.member)


@router.get("/retention/preview", response=list[GoingOut])
@needs("owner")
def preview_retention(request):
    """What each rule would remove now."""
    return retention.preview(request.workspace, now=timezone.now())


@router.post("/retention/change", response=list[RetentionOut])
@needs("owner")
def change_retention(request, body: RetentionIn):
    """Keep signals of a kind for so many days."""
    retention.change_retention(request.workspace, **body.dict(), by=request.member.user, now=timezone.now())
    return RetentionRule.objects.visible_to(request.member)


@router.get("/masking", response=MaskingOut)
@needs("owner")
def masking_rules(request):
    """Which personal data is masked on the way in."""
    return {"findings": [rule.finding for rule in MaskRule.objects.visible_to(request.member)]}


@router.post("/masking/change", response=MaskingOut)
@needs("owner")
def change_masking(request, body: MaskingOut):
    """Mask these sorts of personal data in everything that comes in from now on."""
    masking.change_masking(
        request.workspace, findings=body.findings, by=request.member.user, now=timezone.now()
    )
    return masking_rules(request)


class PlaceOut(Schema):
    name: str = Field(description="The signal's name.")
    where: str = Field(description="text, or the property.")
    signals: int
    examples: list[tuple[str, str]] = Field(description="As it is, and as it would read.")


class TrialOut(Schema):
    searched: int = Field(description="How many of the latest signals were looked at.")
    places: list[PlaceOut]
    masked_already: list[tuple[str, int]] = Field(description="By sort, signals masked when they came in.")


@router.post("/masking/try", response=TrialOut)
@needs("owner")
def try_masking(request, body: MaskingOut):
    """What these sorts would mask in the latest signals; nothing is changed by it."""
    return trial.try_masking(request.workspace, findings=body.findings)


@router.post("/personal-data/search", response={202: FoundOut})
@needs("owner")
def search_personal_data(request):
    """Look for personal data in the signals there are, in the background."""
    return 202, search.ask_search(request.workspace, by=request.member.user, now=timezone.now())


@router.get("/personal-data", response=list[FoundOut])
@needs("owner")
def personal_data(request):
    """What searches for personal data found, latest first."""
    return FoundReport.objects.visible_to(request.member)[:20]


def _customer(request, customer_id: int) -> Customer:
    return get_object_or_404(Customer.objects.visible_to(request.member), pk=customer_id)
