from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access as entry
from wayline.customers.identities import normalise
from wayline.customers.models import Customer
from wayline.kit.pages import show
from wayline.kit.refusals import Refusal

from . import access, erase, forms, masking, places, retention, search, tombstones, trial
from .findings import FINDINGS
from .models import AccessExport, Erasure, FoundReport, MaskRule, RetentionRule

SHOWN = 50
owner_or_right = entry.member("owner", right="privacy")


@owner_or_right
@require_GET
def rights(request):
    form = forms.FindForm(request.GET or None)
    found, was_asked = None, bool(request.GET.get("value"))
    if was_asked and form.is_valid():
        kind = form.cleaned_data["kind"]
        clean = normalise(kind, form.cleaned_data["value"])[0]
        found = clean and tombstones.was_erased(request.workspace.pk, kind, clean)
    context = {
        "form": form,
        "found": found,
        "was_asked": was_asked,
        "erasures": Erasure.objects.visible_to(request.member).select_related("asked_by")[:SHOWN],
        "exports": AccessExport.objects.visible_to(request.member).select_related("asked_by", "customer")[
            :SHOWN
        ],
        "now": timezone.now(),
        "tab": "requests",
    }
    return show(request, "signals/rights/index.html", context)


@owner_or_right
@never_cache
@require_GET
def person(request, customer_id: int):
    return _show_person(request, _customer(request, customer_id), forms.EraseForm())


@owner_or_right
@require_POST
def export_person(request, customer_id: int):
    access.ask_access_export(_customer(request, customer_id), by=request.user, now=timezone.now())
    messages.success(request, "The export is being made. It appears below when it is ready.")
    return redirect("signals:person", request.workspace.slug, customer_id)


@owner_or_right
@require_POST
def erase_person(request, customer_id: int):
    customer, form = _customer(request, customer_id), forms.EraseForm(request.POST)
    if not form.is_valid():
        return _show_person(request, customer, form, status=422)
    try:
        asked = erase.ask_erasure(
            customer,
            **form.cleaned_data,
            planned=erase.preview(customer),
            by=request.user,
            now=timezone.now(),
        )
    except (erase.NotConfirmed, erase.ReasonMissing) as no:
        form.add_error("confirmation", str(no))
        return _show_person(request, customer, form, status=422)
    return redirect("signals:erasure", request.workspace.slug, asked.pk)


@owner_or_right
@require_GET
def erasure(request, erasure_id: int):
    found = get_object_or_404(Erasure.objects.visible_to(request.member), pk=erasure_id)
    names = {**found.planned, **found.removed}
    rows = [
        (places.label(name), found.planned.get(name), found.removed.get(name), found.left.get(name, 0))
        for name in names
    ]
    context = {"erasure": found, "rows": rows, "tombstones": found.tombstones.count(), "tab": "requests"}
    context["open_page"] = "signals:rights"
    return show(request, "signals/rights/erasure.html", context, fragment="certificate")


@owner_or_right
@never_cache
@require_GET
def download_person(request, export_id: int):
    found = get_object_or_404(AccessExport.objects.visible_to(request.member), pk=export_id)
    path = access.download(found, by=request.user, now=timezone.now())
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"customer-{found.customer_id}.zip")


@owner_or_right
@require_GET
def rules(request):
    return _show_rules(request, forms.RetentionForm(), _mask_form(request))


@owner_or_right
@require_POST
def change_retention(request):
    form = forms.RetentionForm(request.POST)
    if not form.is_valid():
        return _show_rules(request, form, _mask_form(request), status=422)
    retention.change_retention(request.workspace, **form.cleaned_data, by=request.user, now=timezone.now())
    messages.success(request, "The rule stands. It is kept once a day.")
    return redirect("signals:retention_and_masking", request.workspace.slug)


@owner_or_right
@require_POST
def change_masking(request):
    form = forms.MaskForm(request.POST)
    if not form.is_valid():
        return _show_rules(request, forms.RetentionForm(), form, status=422)
    masking.change_masking(request.workspace, **form.cleaned_data, by=request.user, now=timezone.now())
    messages.success(request, "What comes in from now on is masked so.")
    return redirect("signals:retention_and_masking", request.workspace.slug)


@owner_or_right
@never_cache
@require_POST
def try_masking(request):
    form = forms.MaskForm(request.POST)
    if not form.is_valid():
        return _show_rules(request, forms.RetentionForm(), form, status=422)
    tried = trial.try_masking(request.workspace, **form.cleaned_data)
    return _show_rules(request, forms.RetentionForm(), form, tried=tried)


@owner_or_right
@require_POST
def search_personal_data(request):
    search.ask_search(request.workspace, by=request.user, now=timezone.now())
    messages.success(request, "The search has begun. Look at this page again in a while.")
    return redirect("signals:retention_and_masking", request.workspace.slug)


def _customer(request, customer_id: int) -> Customer:
    return get_object_or_404(Customer.objects.visible_to(request.member), pk=customer_id)


def _mask_form(request) -> forms.MaskForm:
    standing = MaskRule.objects.visible_to(request.member).values_list("finding", flat=True)
    return forms.MaskForm(initial={"findings": list(standing)})


def _show_person(request, customer: Customer, form, status: int = 200):
    planned = erase.preview(customer)
    context = {
        "customer": customer,
        "form": form,
        "planned": [(places.label(name), n) for name, n in planned.items()],
        "exports": AccessExport.objects.visible_to(request.member).filter(customer=customer)[:5],
        "word": f"{erase.WORD} {customer.pk}",
        "now": timezone.now(),
        "open_area": "customers",
        "open_page": "customers:index",
    }
    return show(request, "signals/rights/person_page.html", context, status=status)


def _show_rules(request, form, mask_form, status: int = 200, tried: trial.Trial | None = None):
    report = FoundReport.objects.visible_to(request.member).first()
    try:
        going = retention.preview(request.workspace, now=timezone.now())
    except Refusal:
        going = []
    context = {
        "form": form,
        "mask_form": mask_form,
        "tried": tried,
        "rules": RetentionRule.objects.visible_to(request.member).select_related("changed_by"),
        "going": going,
        "report": report,
        "rows": [
            (FINDINGS[finding].label if finding in FINDINGS else finding, *rest)
            for finding, *rest in (report.rows if report else [])
        ],
        "tab": "rules",
    }
    return show(request, "signals/rights/rules.html", context, status=status)
