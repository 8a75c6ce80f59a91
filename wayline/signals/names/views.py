from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.kit.lists import listing
from wayline.kit.pages import show
from wayline.signals import queries as signals
from wayline.signals.quality import queries as quality
from wayline.signals.vocabulary import Kind

from . import forms, operations, queries, uses
from .expected import Expected
from .models import Term

STATUS = {
    "new": lambda rows: rows.filter(status="new", merged_into=None),
    "approved": lambda rows: rows.filter(status="approved"),
    "blocked": lambda rows: rows.filter(status="blocked"),
    "merged": lambda rows: rows.filter(merged_into__isnull=False),
}
SORTS = {"name": "name", "volume": "volume", "first": "first_at", "last": "last_at"}


@access.member("viewer")
@require_GET
def index(request):
    status = request.GET.get("status", "")
    rows = queries.vocabulary(request.member)
    if status not in STATUS:
        rows = rows.filter(merged_into=None)
    found = listing(
        request,
        rows,
        filters={
            "q": lambda rows, text: rows.filter(name__icontains=text),
            "kind": lambda rows, kind: rows.filter(kind=kind),
            "status": lambda rows, status: STATUS.get(status, lambda rows: rows)(rows),
        },
        sorts=SORTS,
        default_sort="-volume",
        per_page=100,
    )
    terms = list(found.page.object_list)
    until = queries.last_day(request.member)
    shapes = queries.shapes(request.member, terms, until=until) if until else {}
    flags = quality.open_by_name(request.member)
    context = {
        "list": found,
        "rows": [(term, shapes.get(term.pk), flags[term.kind, term.name]) for term in terms],
        "kinds": list(Kind),
        "statuses": [*Term.Status.choices, ("merged", "Merged")],
        "write_keys": signals.write_keys(request.member),
        "address": settings.BASE_URL,
        "has_any": bool(terms) or queries.vocabulary(request.member).exists(),
    }
    return show(request, "signals/names/index.html", context, fragment="found")


@access.member("viewer")
@require_GET
def name(request, term_id):
    term = _term(request, term_id)
    return _show(request, term)


def _term(request, term_id) -> Term:
    return get_object_or_404(queries.vocabulary(request.member), pk=term_id)


def _show(request, term, *, form=None, merge=None):
    seen = queries.seen(request.member, term)
    lines = "\n".join(Expected.model_validate(each).line for each in term.expected)
    if "observed" in request.GET:
        lines = queries.observed_lines(seen)
    start = {"meaning": term.meaning, "owner": term.owner_id, "expected": lines}
    named = signals.source_names(request.member, {each.name for each in seen.sources})
    context = {
        "term": term,
        "seen": seen,
        "sources": [(named[each.name], each) for each in seen.sources],
        "findings": quality.of_name(request.member, term),
        "uses": uses.of(request.member, term.kind, term.name),
        "spellings": term.spellings.all(),
        "form": form or forms.TermForm(initial=start, member=request.member),
        "merge": merge or forms.MergeForm(term=term, initial={"into": request.GET.get("into", "")}),
        "true_names": queries.true_names(term)[:500],
        "may_edit": request.member.may("contributor"),
        "is_derived": term.kind == Kind.DERIVED,
    }
    return show(request, "signals/names/name.html", context, status=422 if form or merge else 200)


@access.member("contributor")
@require_POST
def describe_name(request, term_id):
    term = _term(request, term_id)
    form = forms.TermForm(request.POST, member=request.member)
    if not form.is_valid():
        return _show(request, term, form=form)
    operations.describe_name(term, **form.cleaned_data, by=request.user, now=timezone.now())
    messages.success(request, f"Saved what {term} means.")
    return redirect("signals:name", request.workspace.slug, term.pk)


@access.member("contributor")
@require_POST
def approve_name(request, term_id):
    return _changed(request, term_id, operations.approve_name, "{} is approved.")


@access.member("contributor")
@require_POST
def block_name(request, term_id):
    return _changed(request, term_id, operations.block_name, "Later signals called {} are refused.")


@access.member("contributor")
@require_POST
def unblock_name(request, term_id):
    return _changed(request, term_id, operations.unblock_name, "Signals called {} come in again.")


@access.member("contributor")
@require_POST
def part_name(request, term_id):
    return _changed(request, term_id, operations.part_name, "{} is a name of its own again.")


def _changed(request, term_id, operation, said):
    term = _term(request, term_id)
    operation(term, by=request.user, now=timezone.now())
    messages.success(request, said.format(term))
    return redirect("signals:name", request.workspace.slug, term.pk)


@access.member("contributor")
@require_POST
def merge_name(request, term_id):
    term = _term(request, term_id)
    form = forms.MergeForm(request.POST, term=term)
    if not form.is_valid():
        return _show(request, term, merge=form)
    operations.merge_name(term, into=form.cleaned_data["into"], by=request.user, now=timezone.now())
    messages.success(request, f"{term} is {form.cleaned_data['into']} from now on.")
    return redirect("signals:name", request.workspace.slug, term.pk)
