from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.accounts.models import Role
from wayline.customers.duplicates import operations as proposals
from wayline.customers.duplicates import queries as proposed
from wayline.customers.models import BlockedValue, Duplicate, RefusedMerge
from wayline.customers.rules import operations as rules
from wayline.customers.rules import queries as decided
from wayline.customers.trust import operations as trust
from wayline.customers.trust import queries as trusted
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal
from wayline.signals import operations as signals

from . import queries
from .forms import BlockForm, LimitsForm, TrustForm

OPEN = {"open_area": "customers", "open_page": "customers:index"}
SHOWN = 100


@require_GET
@access.member("viewer")
def recognition(request):
    """What was decided about recognising, what was refused, and which devices are shared."""
    return _show(request)


@require_POST
@access.member("manager")
def set_limits(request):
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _show(request, limits=form, status=422)
    try:
        rules.set_limits(request.workspace, **form.cleaned_data, by=request.user, now=timezone.now())
    except Refusal as reason:
        form.add_error(None, str(reason))
        return _show(request, limits=form, status=reason.status)
    messages.success(request, "The limits hold for every call from now on.")
    return redirect("home:recognition", request.workspace.slug)


@require_POST
@access.member("manager")
def set_trust(request):
    form = TrustForm(queries.voices(request.member), request.POST)
    if not form.is_valid():
        return _show(request, believed=form, status=422)
    days = form.cleaned_data["stale_after_days"]
    trust.set_trust(
        request.workspace, levels=form.levels(), stale_after_days=days, by=request.user, now=timezone.now()
    )
    messages.success(request, "Saved. What is known of customers follows within a minute.")
    return redirect("home:recognition", request.workspace.slug)


@require_POST
@access.member("manager")
def block_value(request):
    form = BlockForm(request.POST)
    if not form.is_valid():
        return _show(request, block=form, status=422)
    try:
        rules.block_value(request.workspace, **form.cleaned_data, by=request.user, now=timezone.now())
    except Refusal as reason:
        form.add_error("value", str(reason))
        return _show(request, block=form, status=reason.status)
    messages.success(request, "Nobody is recognized by this value from now on.")
    return redirect("home:recognition", request.workspace.slug)


@require_POST
@access.member("manager")
def unblock_value(request, blocked_id: int):
    blocked = get_object_or_404(BlockedValue.objects.visible_to(request.member), pk=blocked_id)
    rules.unblock_value(blocked, by=request.user, now=timezone.now())
    messages.success(request, f"{blocked.value} recognizes customers again.")
    return redirect("home:recognition", request.workspace.slug)


@require_POST
@access.member("contributor")
def join_refused(request, refused_merge_id: int):
    """A person knows better than the rule: the two are one."""
    visible = RefusedMerge.objects.visible_to(request.member).select_related("one", "other")
    refused = get_object_or_404(visible, pk=refused_merge_id)
    reason = f"Joined by hand. {refused.reason}"
    made = signals.join_customers(
        refused.one, refused.other, reason=reason, by=request.user, now=timezone.now()
    )
    return _joined(request, made)


def _joined(request, made):
    messages.success(request, f"{made.merged} and {made.kept} are one customer now. You can undo it below.")
    return redirect("home:customer", request.workspace.slug, made.kept_id)


def _trust_form(request) -> TrustForm:
    own, voices = trusted.rules_of(request.workspace), queries.voices(request.member)
    form = TrustForm(voices, initial={"stale_after_days": own.stale_after_days})
    form.initial |= form.first_values(own.levels)
    return form


def _show(request, *, limits=None, block=None, believed=None, status=200):
    own = decided.rules_of(request.workspace)
    initial = {"most_identities": own.most_identities, "most_external_ids": own.most_external_ids}
    context = {
        "limits": limits or LimitsForm(initial=initial),
        "blocking": block or BlockForm(),
        "trust": believed or _trust_form(request),
        "blocked": decided.blocked(request.member)[:SHOWN],
        "devices": decided.shared_devices(request.member)[:SHOWN],
        "refused": Paginator(decided.refused_merges(request.member), 25).get_page(request.GET.get("page")),
        "may_decide": request.member.may(Role.MANAGER),
        "may_join": request.member.may(Role.CONTRIBUTOR),
        **OPEN,
    }
    return show(request, "home/recognition.html", context, status=status)


@require_GET
@access.member("viewer")
def duplicates(request):
    """The pairs that are probably one person, the most probable first, and those called different."""
    context = {
        "waiting": Paginator(proposed.waiting(request.member), 25).get_page(request.GET.get("page")),
        "apart": proposed.apart(request.member)[:SHOWN],
        "is_searching": proposed.is_searching(request.workspace),
        "may_decide": request.member.may(Role.CONTRIBUTOR),
        **OPEN,
    }
    return show(request, "home/duplicates.html", context)


@require_POST
@access.member("contributor")
def find_duplicates(request):
    proposals.ask(request.workspace, now=timezone.now())
    messages.success(request, "The customers are being compared. Open this page again in a minute.")
    return redirect("home:duplicates", request.workspace.slug)


@require_GET
@access.member("viewer")
def duplicate(request, duplicate_id: int):
    """Two customers side by side, with what speaks for and against their being one."""
    found = _found(request, duplicate_id)
    context = {
        "duplicate": found,
        "pair": queries.side_by_side(found),
        "may_decide": request.member.may(Role.CONTRIBUTOR),
        **OPEN,
    }
    return show(request, "home/duplicate.html", context)


@require_POST
@access.member("contributor")
def merge_duplicate(request, duplicate_id: int):
    found, now = _found(request, duplicate_id), timezone.now()
    proposals.check_open(found)
    said = ", ".join(f"{each['field'].lower()} {each['says']}" for each in found.reasons)
    reason = f"Found by a person to be the same: {said}."
    # Two transactions: joining waits for the loader's lock, which must never be waited for inside one.
    made = signals.join_customers(found.one, found.other, reason=reason, by=request.user, now=now)
    proposals.mark_merged(found, by=request.user, now=now)
    return _joined(request, made)


@require_POST
@access.member("contributor")
def keep_apart(request, duplicate_id: int):
    proposals.keep_apart(_found(request, duplicate_id), by=request.user, now=timezone.now())
    messages.success(request, "They stay two customers, and are not proposed again.")
    return redirect("home:duplicates", request.workspace.slug)


@require_POST
@access.member("contributor")
def reconsider(request, duplicate_id: int):
    proposals.reconsider(_found(request, duplicate_id), by=request.user, now=timezone.now())
    messages.success(request, "The pair waits for a decision again.")
    return redirect("home:duplicate", request.workspace.slug, duplicate_id)


def _found(request, duplicate_id: int) -> Duplicate:
    visible = Duplicate.objects.visible_to(request.member).select_related("one", "other", "decided_by")
    return get_object_or_404(visible, pk=duplicate_id)
