import json
from dataclasses import asdict, fields
from itertools import chain

from django.contrib import messages
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.kit import sheets
from wayline.kit.lists import listing
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal
from wayline.signals import load
from wayline.signals import queries as signals
from wayline.signals.models import RefusedSignal
from wayline.signals.vocabulary import ALIAS, IDENTIFY, Kind
from wayline.warehouse import connect

from . import lines, queries, replay
from .lines import Line, Sought

COLUMNS = tuple(field.name for field in fields(Line))


def _sought(request) -> Sought:
    said = {name: request.GET.get(name, "").strip()[:200] for name in ("name", "source", "kind", "customer")}
    outcome, until = request.GET.get("outcome", ""), request.GET.get("until", "")
    return Sought(
        **said,
        outcome=outcome if outcome in lines.OUTCOMES else "",
        until=int(until) if until.isascii() and until.isdigit() and len(until) < 18 else None,
    )


@access.member("viewer")
@require_GET
def live(request):
    sought = _sought(request)
    seen = lines.look(request.member, sought)
    sources = lines.sources(request.member)
    named = signals.source_names(request.member, {*sources, *(line.source for line in seen.lines)})
    context = {
        "seen": seen,
        "rows": [(line, named[line.source]) for line in seen.lines],
        "sought": sought,
        "sources": [(source, named[source]) for source in sources],
        "kinds": [*(kind for kind in Kind if kind != Kind.DERIVED), IDENTIFY, ALIAS],
        "outcomes": lines.OUTCOMES,
        "is_paused": sought.until is not None,
        "is_filtered": sought != Sought(until=sought.until),
        "may_export": request.member.may("manager"),
        "is_filled_anew": bool(connect.put_aside()) and seen.newest > load.loaded_mark(),
    }
    return show(request, "signals/debugger/live.html", context, fragment="found")


@access.member("manager")
@require_GET
def live_csv(request):
    found = (asdict(line) for line in _exported(request))
    rows = ([each[column] for column in COLUMNS] for each in found)
    return sheets.download(chain([COLUMNS], rows), name="arrivals.csv")


@access.member("manager")
@require_GET
def live_jsonl(request):
    found = (json.dumps(asdict(line), default=str, ensure_ascii=False) + "\n" for line in _exported(request))
    return StreamingHttpResponse(
        found,
        content_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="arrivals.jsonl"'},
    )


def _exported(request) -> list[Line]:
    seen = lines.look(
        request.member, _sought(request), shown=lines.EXPORTED, examined=lines.EXAMINED_TO_EXPORT
    )
    return seen.lines


@access.member("viewer")
@require_GET
def refused(request):
    filters = {
        "q": lambda rows, text: rows.filter(reason__icontains=text),
        "kept": lambda rows, kept: rows.filter(was_kept=kept == "yes"),
    }
    found = listing(request, signals.refused(request.member), filters=filters)
    named = signals.source_names(request.member, {each.source for each in found.page})
    context = {
        "list": found,
        "rows": [(each, named[each.source]) for each in found.page],
        "reasons": queries.reasons(request.member),
        "may_edit": request.member.may("contributor"),
    }
    return show(request, "signals/debugger/refused.html", context, fragment="found")


@access.member("contributor")
def refused_one(request, refused_id):
    found = get_object_or_404(RefusedSignal.objects.visible_to(request.member), pk=refused_id)
    context = {"refused": found, "text": "", "problem": "", "status": 200}
    try:
        context["text"] = replay.written(found)
    except Refusal as no:
        context["problem"] = str(no)
    if request.method != "POST" or context["problem"]:
        return _show_one(request, context)
    context["text"] = request.POST.get("text", "")[:100_000]
    try:
        replay.replay_corrected(found, text=context["text"], by=request.user, now=timezone.now())
    except replay.StillRefused as no:
        return _show_one(request, context | {"error": str(no), "status": 422})
    messages.success(request, "Sent again. It stands among the arrivals.")
    return redirect("signals:refused", request.workspace.slug)


def _show_one(request, context):
    return show(request, "signals/debugger/refused_one.html", context, status=context["status"])


@access.member("contributor")
@require_POST
def replay_refused(request):
    reason, ids = request.POST.get("reason", ""), request.POST.getlist("id")
    chosen = queries.replayable(request.member, reason=reason, ids=ids)
    done = replay.replay_signals(request.workspace, chosen, by=request.user, now=timezone.now())
    if done.sent:
        messages.success(request, f"Sent {done.sent:,} again. They stand among the arrivals.")
    for why, count in sorted(done.left.items(), key=lambda each: -each[1])[:3]:
        messages.error(request, f"{count:,} left: {why}")
    if not chosen:
        messages.error(request, "Choose the refused signals to replay.")
    return redirect("signals:refused", request.workspace.slug)
