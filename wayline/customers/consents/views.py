from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.customers import consent
from wayline.customers.models import Customer
from wayline.kit.pages import show

from . import forms, operations, queries

CHANNELS = ("email", "sms", "phone", "push", "mail", "web", "whatsapp")
SHOWN = 200


@access.member("viewer")
@require_GET
def consents(request, customer_id: int):
    return _show(request, _found(request, customer_id), forms.ConsentForm())


@access.member("contributor")
@require_POST
def change_consent(request, customer_id: int):
    customer, form = _found(request, customer_id), forms.ConsentForm(request.POST)
    if not form.is_valid():
        return _show(request, customer, form, status=422)
    operations.change_consent(customer, **form.cleaned_data, by=request.user, now=timezone.now())
    messages.success(request, "The choice is written down.")
    return redirect("customers:consents", request.workspace.slug, customer.pk)


def _found(request, customer_id: int) -> Customer:
    return get_object_or_404(Customer.objects.visible_to(request.member), pk=customer_id)


def _show(request, customer: Customer, form, status: int = 200):
    history = list(queries.history(customer)[:SHOWN])
    named = queries.sources_named(request.member, history)
    context = {
        "customer": customer,
        "standing": queries.standing(customer),
        "rows": [(each, named[each.source]) for each in history],
        "unasked": [
            (label, allowed) for purpose, (label, allowed) in consent.PURPOSES.items() if purpose != "all"
        ],
        "purposes": consent.PURPOSES,
        "channels": CHANNELS,
        "form": form,
        "may_change": request.member.may("contributor"),
        "open_area": "customers",
        "open_page": "customers:index",
    }
    return show(request, "customers/consents.html", context, status=status)
