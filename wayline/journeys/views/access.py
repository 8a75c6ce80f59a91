from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.accounts.models import Membership
from wayline.journeys import operations
from wayline.journeys.views import answers
from wayline.journeys.views.find import journey_of

CHOICES = (("", "Not at all"), ("see", "May see"), ("edit", "May change"))


@require_GET
@access.member("viewer")
def access_of(request, journey_id):
    """Who may see and change this journey."""
    journey = journey_of(request, journey_id)
    seats = {seat.user_id: "edit" if seat.may_edit else "see" for seat in journey.seats.all()}
    members = Membership.objects.visible_to(request.member).select_related("user")
    context = {
        "journey": journey,
        "choices": CHOICES,
        "rows": [(member, seats.get(member.user_id, "")) for member in members.order_by("user__name")],
        "may_decide": request.member.may("manager"),
    }
    return render(request, "journeys/access.html", context)


@require_POST
@access.member("manager")
def restrict_journey(request, journey_id):
    """Let only the chosen people see it."""
    journey = journey_of(request, journey_id)
    said = {key.removeprefix("person-"): value for key, value in request.POST.items() if "person-" in key}
    people = {int(pk): value == "edit" for pk, value in said.items() if pk.isdecimal() and value}
    operations.restrict_journey(journey, people=people, **answers.by(request))
    messages.success(request, "Only the people you chose see this journey now. Its share links have ended.")
    return redirect("journeys:access", request.workspace.slug, journey.pk)


@require_POST
@access.member("manager")
def open_journey(request, journey_id):
    """Let everybody of the workspace see it again."""
    journey = journey_of(request, journey_id)
    operations.open_journey(journey, **answers.by(request))
    messages.success(request, "The whole workspace sees this journey again.")
    return redirect("journeys:access", request.workspace.slug, journey.pk)
