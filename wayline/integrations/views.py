from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.kit.lists import listing
from wayline.kit.pages import show

from . import forms
from .models import Delivery, Webhook
from .webhooks import operations
from .webhooks.guard import AddressNotAllowed


@access.member("manager")
@require_GET
def webhooks(request):
    return _show_all(request, forms.WebhookForm())


@access.member("manager")
@never_cache
@require_POST
def create_webhook(request):
    form = forms.WebhookForm(request.POST)
    if not form.is_valid():
        return _show_all(request, form, status=422)
    try:
        made, secret = operations.create_webhook(
            request.workspace, **form.cleaned_data, by=request.user, now=timezone.now()
        )
    except AddressNotAllowed as no:
        form.add_error("url", str(no))
        return _show_all(request, form, status=422)
    return _show_one(request, made, secret=secret)


@access.member("manager")
@require_GET
def webhook(request, webhook_id: int):
    return _show_one(request, _found(request, webhook_id))


@access.member("manager")
@require_POST
def change_webhook(request, webhook_id: int):
    found, form = _found(request, webhook_id), forms.ChangeForm(request.POST)
    if not form.is_valid():
        return _show_one(request, found, form=form, status=422)
    try:
        operations.change_webhook(found, **form.cleaned_data, by=request.user, now=timezone.now())
    except AddressNotAllowed as no:
        form.add_error("url", str(no))
        return _show_one(request, found, form=form, status=422)
    messages.success(request, "The webhook was changed.")
    return redirect("integrations:webhook", request.workspace.slug, found.pk)


@access.member("manager")
@never_cache
@require_POST
def change_key(request, webhook_id: int):
    found = _found(request, webhook_id)
    secret = operations.change_key(found, by=request.user, now=timezone.now())
    return _show_one(request, found, secret=secret)


@access.member("manager")
@require_POST
def test_webhook(request, webhook_id: int):
    found = _found(request, webhook_id)
    operations.test_webhook(found, by=request.user, now=timezone.now())
    messages.success(request, "A test is on its way; see the deliveries below in a moment.")
    return redirect("integrations:webhook", request.workspace.slug, found.pk)


@access.member("manager")
@require_POST
def delete_webhook(request, webhook_id: int):
    operations.delete_webhook(_found(request, webhook_id), by=request.user, now=timezone.now())
    return redirect("integrations:webhooks", request.workspace.slug)


@access.member("manager")
@require_POST
def send_again(request, delivery_id: int):
    found = get_object_or_404(Delivery.objects.visible_to(request.member), pk=delivery_id)
    operations.send_again(found, by=request.user, now=timezone.now())
    return redirect("integrations:webhook", request.workspace.slug, found.webhook_id)


def _found(request, webhook_id: int) -> Webhook:
    return get_object_or_404(Webhook.objects.visible_to(request.member), pk=webhook_id)


def _show_all(request, form, status: int = 200):
    found = Webhook.objects.visible_to(request.member)
    return show(request, "integrations/webhooks.html", {"form": form, "webhooks": found}, status=status)


def _show_one(request, webhook: Webhook, *, form=None, secret: str = "", status: int = 200):
    found = listing(
        request,
        Delivery.objects.visible_to(request.member).filter(webhook=webhook),
        filters={"state": lambda rows, state: rows.filter(state=state)},
    )
    initial = {
        "name": webhook.name,
        "url": webhook.url,
        "activities": "\n".join(webhook.activities),
        "is_enabled": webhook.is_enabled,
    }
    context = {
        "webhook": webhook,
        "secret": secret,
        "form": form or forms.ChangeForm(initial=initial),
        "list": found,
        "states": Delivery.State.choices,
    }
    return show(request, "integrations/webhook.html", context, status=status)
