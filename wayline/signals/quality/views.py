from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.kit.lists import listing
from wayline.kit.pages import show

from . import operations, queries
from .models import Finding


@access.member("viewer")
@require_GET
def quality(request):
    view = request.GET.get("view", "open")
    view = view if view in queries.VIEWS else "open"
    found = listing(request, queries.findings(request.member, view))
    context = {
        "list": found,
        "rows": queries.shown(request.member, list(found.page.object_list)),
        "view": view,
        "views": queries.VIEWS,
        "may_edit": request.member.may("contributor"),
    }
    return show(request, "signals/quality/index.html", context, fragment="found")


@access.member("contributor")
@require_POST
def acknowledge_finding(request, finding_id):
    return _decided(request, finding_id, operations.acknowledge_finding, "Acknowledged.")


@access.member("contributor")
@require_POST
def mute_finding(request, finding_id):
    return _decided(
        request, finding_id, operations.mute_finding, "Muted. It stands under Muted, to be undone."
    )


@access.member("contributor")
@require_POST
def reopen_finding(request, finding_id):
    return _decided(request, finding_id, operations.reopen_finding, "It is open again.")


def _decided(request, finding_id, operation, said):
    finding = get_object_or_404(Finding.objects.visible_to(request.member), pk=finding_id)
    operation(finding, by=request.user, now=timezone.now())
    messages.success(request, said)
    return redirect("signals:quality", request.workspace.slug)
