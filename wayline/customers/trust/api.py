from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from wayline.accounts.api_auth import needs

from . import operations, queries

router = Router()


class TrustOut(Schema):
    levels: dict[str, int] = Field(description="1 is believed most; sources without a level come after all.")
    stale_after_days: int | None = Field(description="Null: a trait is never stale.")


class TrustIn(Schema):
    levels: dict[str, int] = Field(description="By source, as `told` names them; `import` stands for all.")
    stale_after_days: int | None = Field(None, ge=1, le=3650)


@router.get("/trust", response=TrustOut)
def trust(request):
    """Which sources are believed about traits, and after how many days a trait is stale."""
    return queries.rules_of(request.workspace)


@router.post("/trust", response=TrustOut)
@needs("manager")
def set_trust(request, asked: TrustIn):
    """Change which sources are believed. The traits of customers follow in the background."""
    return operations.set_trust(request.workspace, **asked.dict(), by=request.member.user, now=timezone.now())
