"""Whom a score speaks for: how many of those asked answered, and who is missing among them."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from wayline.signals.conditions import AnySignal, SignalCondition, SignalIs, Test
from wayline.signals.vocabulary import SCALES
from wayline.statistics.estimates import Estimate

from . import answers, cache, queries
from .catalog import METRICS
from .questions import Question

ASKING = re.compile(
    r"(survey|questionnaire|invitation|request).*(sent|asked|delivered|invited)", re.IGNORECASE
)
ANSWERS_WITHIN = timedelta(days=30)
TRAITS_LOOKED_AT, MISSING_SHOWN = 3, 3

_found = cache.Kept(64)


@dataclass(frozen=True)
class Missing:
    """Customers who answer less often than all who were asked, beyond noise."""

    words: str
    share: Estimate


@dataclass(frozen=True)
class Response:
    """Of the customers asked in the period, the share that answered within 30 days."""

    share: Estimate
    open: int
    missing: tuple[Missing, ...]


def response(question: Question, scale: str | None) -> Response | None:
    """How many answered of those asked, where signals say who was asked for this score; else None."""
    if scale is None or not METRICS[question.metric].scales:
        return None
    asking = asked_for(question.workspace, scale)
    if asking is None:
        return None
    answered = SignalIs(where=(Test(field="@scale", op="is", value=scale), Test(field="@score", op="exists")))
    asked = replace(
        question, metric="rate", by=(), where=None, of=asking, then=answered, within=ANSWERS_WITHIN
    )
    return _found.get(lambda: _response(asked), asked, cache.minute().replace(minute=0))


def asked_for(workspace: int, scale: str) -> SignalCondition | None:
    """Signals like "Survey Sent" that name the score in their own name or in a property `survey`."""
    names = tuple(name for name in queries.names(workspace) if ASKING.search(name))
    if not names:
        return None
    word = SCALES[scale].name.partition(",")[0]
    own = tuple(name for name in names if word.lower() in name.lower())
    told = SignalIs(names=names, where=(Test(field="survey", op="contains", value=word),))
    return AnySignal(of=(SignalIs(names=own), told)) if own else told


def _response(asked: Question) -> Response | None:
    whole = answers.answer(asked)
    share = whole.total.estimate
    if not share.n:
        return None
    traits = list(dict.fromkeys(trait for trait, *_ in queries.trait_values(asked.workspace)))
    missing = []
    for trait in traits[:TRAITS_LOOKED_AT]:
        for row in answers.answer(replace(asked, by=(f"trait:{trait}",))).rows:
            each = row.estimate
            if row.key[0] and not each.is_thin and (each.high or 0) < (share.low or 0):
                missing.append(Missing(f"{trait} is {row.key[0]}", each))
    missing.sort(key=lambda each: each.share.value or 0)
    return Response(share, whole.open, tuple(missing[:MISSING_SHOWN]))
