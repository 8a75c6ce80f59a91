from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.accounts.queries import people
from wayline.journeys import badges, forms, operations
from wayline.journeys.models import Card, Journey, Picture, Placement, Step
from wayline.journeys.operations.edits import labeled
from wayline.journeys.queries import board, lanes, talks

from . import answers


def journey_of(request, journey_id: int) -> Journey:
    return get_object_or_404(
        Journey.objects.visible_to(request.member).select_related("workspace"), pk=journey_id
    )


def placement_of(request, placement_id: int) -> Placement:
    found = Placement.objects.visible_to(request.member).select_related(
        "card__owner", "card__picture", "journey__workspace", "step__phase"
    )
    return get_object_or_404(found, pk=placement_id)


def step_of(journey: Journey, said: str) -> Step:
    """A step of a journey that came in by `visible_to`, and so may be seen like it."""
    steps = Step.objects.kept().filter(phase__journey=journey, phase__deleted_at=None)
    return get_object_or_404(steps.select_related("phase"), pk=said if said.isdecimal() else 0)


def _seen(request) -> int | None:
    said = request.POST.get("seen", "")
    return int(said) if said.isdecimal() and len(said) < 10 else None


def _cell(placement: Placement, *wanted: board.Key):
    """Where the card really stands now, for whoever was refused, and the cell where they put it."""

    def truth():
        rows = Placement.objects.filter(pk=placement.pk).values_list("lane", "step_id")
        return {*rows, (placement.lane, placement.step_id), *wanted}

    return truth


def _taking_cards(journey: Journey) -> list[lanes.Laid]:
    return [laid for laid in lanes.layout(journey) if laid.takes_cards]


def _where_hidden(journey: Journey, lane: str) -> str:
    """Said of a card that will not be seen where it went."""
    laid = next((laid for laid in _taking_cards(journey) if laid.key == lane and laid.is_hidden), None)
    return f"to “{laid.title}”, a hidden lane: show it under Lanes" if laid else ""


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def add(request, journey_id):
    """A new card, or one of the library, at a step."""
    journey = journey_of(request, journey_id)
    if request.method == "GET":
        context = {
            "journey": journey,
            "lanes": sorted(_taking_cards(journey), key=lambda laid: laid.is_hidden),
            "steps": board.numbered(journey),
            "lane": request.GET.get("lane", ""),
            "step": request.GET.get("step", ""),
            "search": request.GET.get("q", "").strip(),
            "found": board.library(request.member, request.GET.get("q", "")),
        }
        return render(request, "journeys/map/add.html", context)
    step, lane = step_of(journey, request.POST.get("step", "")), request.POST.get("lane", "")

    def act():
        if request.POST.get("card", "").isdecimal():
            card = get_object_or_404(Card.objects.visible_to(request.member), pk=request.POST["card"])
            operations.place_card(card, journey=journey, step=step, lane=lane, **answers.by(request))
            return labeled("Placed", card, _where_hidden(journey, lane))
        title = request.POST.get("title", "")
        added = operations.add_card(journey, step=step, lane=lane, title=title, **answers.by(request))
        return labeled("Added", added, _where_hidden(journey, lane))

    return answers.change(request, journey, act)


@require_GET
@access.member("viewer")
def show(request, placement_id):
    """Everything about a card; the same as a panel beside the map."""
    placement = placement_of(request, placement_id)
    return render(request, _template(request), card_context(request, placement))


def _template(request) -> str:
    return "journeys/map/card.html#panel" if request.htmx else "journeys/map/card.html"


def card_context(request, placement: Placement, **more) -> dict:
    card, journey = placement.card, placement.journey
    members = people(request.workspace.pk)
    return {
        "journey": journey,
        "placement": placement,
        "card": card,
        "form": forms.CardForm(instance=card, member=request.member, members=members),
        "maps": board.maps_of(card, request.member),
        "badges": badges.of_map(journey).cards.get(card.pk, ()),
        "offers": badges.offers(placement),
        "steps": board.numbered(journey),
        "threads": talks.about(journey, "card", str(card.pk)),
        "subject": ("card", card.pk),
    } | more


@require_POST
@access.member("contributor")
def describe(request, placement_id):
    """Save what a card says."""
    placement = placement_of(request, placement_id)
    members = people(request.workspace.pk)
    # The form writes into its instance, so it gets one of its own: the operation must see how the card was.
    own = Card.objects.get(pk=placement.card_id)
    form = forms.CardForm(request.POST, request.FILES, instance=own, member=request.member, members=members)
    if not form.is_valid():
        context = card_context(request, placement, form=form)
        return render(request, _template(request), context, status=422)
    changes = {name: form.cleaned_data[name] for name in form.changed_data if name in forms.CARD_FIELDS}

    def act():
        if upload := form.cleaned_data.get("upload"):
            changes["picture"] = operations.upload_picture(request.workspace, upload, **answers.by(request))
        elif form.cleaned_data.get("no_picture"):
            changes["picture"] = None
        if not changes:
            return "Nothing was changed."
        operations.describe_card(
            placement.card, journey=placement.journey, seen=_seen(request), **changes, **answers.by(request)
        )
        return labeled("Changed", placement.card)

    return answers.change(request, placement.journey, act, truth=_cell(placement))


@require_POST
@access.member("contributor")
def rename(request, placement_id):
    """The words of a card, written on the map itself."""
    placement = placement_of(request, placement_id)

    def act():
        operations.describe_card(
            placement.card,
            journey=placement.journey,
            title=request.POST.get("title", ""),
            seen=_seen(request),
            **answers.by(request),
        )
        return labeled("Changed", placement.card)

    return answers.change(request, placement.journey, act, truth=_cell(placement))


@require_POST
@access.member("contributor")
def move(request, placement_id):
    """A card to another place, step or lane."""
    found = Placement.objects.visible_to(request.member).select_related("card", "journey")
    placement = get_object_or_404(found, pk=placement_id)
    placement.journey.workspace = request.workspace
    step = step_of(placement.journey, request.POST.get("step", ""))
    said = request.POST.get("before", "")
    others = Placement.objects.kept().filter(journey=placement.journey_id)

    def act():
        operations.move_cards(
            [placement],
            step=step,
            lane=request.POST.get("lane", ""),
            before=others.filter(pk=said).first() if said.isdecimal() else None,
            seen=_seen(request),
            **answers.by(request),
        )
        return labeled("Moved", placement, f"to “{step}”")

    truth = _cell(placement, (request.POST.get("lane", "") or placement.lane, step.pk))
    return answers.change(request, placement.journey, act, truth=truth)


@require_POST
@access.member("contributor")
def remove(request, placement_id):
    """Off this map, or out of the library altogether."""
    placement = placement_of(request, placement_id)

    def act():
        if "everywhere" in request.POST:
            operations.delete_card(placement.card, journey=placement.journey, **answers.by(request))
            return labeled("Deleted", placement)
        operations.remove_cards([placement], **answers.by(request))
        return labeled("Removed", placement)

    return answers.change(request, placement.journey, act, truth=_cell(placement))


@require_POST
@access.member("contributor")
def many(request, journey_id):
    """The chosen cards to a step, or off the map."""
    journey = journey_of(request, journey_id)
    ids = [pk for pk in request.POST.getlist("card") if pk.isdecimal()]
    chosen = Placement.objects.visible_to(request.member).filter(journey=journey, pk__in=ids)
    chosen = list(chosen.select_related("card", "journey__workspace").order_by("lane", "position", "pk"))

    def act():
        if request.POST.get("act") == "remove":
            operations.remove_cards(chosen, **answers.by(request))
            return f"Removed {len(chosen)} cards"
        step = step_of(journey, request.POST.get("step", ""))
        operations.move_cards(chosen, step=step, **answers.by(request))
        return f"Moved {len(chosen)} cards to “{step}”"

    return answers.change(request, journey, act)


@require_POST
@access.member("contributor")
def paste(request, journey_id):
    """A block of cells of a spreadsheet, as cards."""
    journey = journey_of(request, journey_id)
    step = step_of(journey, request.POST.get("step", ""))
    given = {"lane": request.POST.get("lane", ""), "text": request.POST.get("text", "")}

    def act():
        placed = operations.paste_cards(journey, step=step, **given, **answers.by(request))
        return f"Pasted {len(placed)} card{'s' if len(placed) != 1 else ''}"

    return answers.change(request, journey, act)


@require_POST
@access.member("contributor")
def undo(request, journey_id):
    """One's own last change of this map, taken back."""
    return _turn(request, journey_id, operations.undo, "Undone", offers="redo")


@require_POST
@access.member("contributor")
def redo(request, journey_id):
    return _turn(request, journey_id, operations.redo, "Done again", offers="undo")


def _turn(request, journey_id: int, operation, word: str, *, offers: str) -> HttpResponse:
    journey = journey_of(request, journey_id)

    def act():
        return f"{word}: {operation(journey, **answers.by(request)).label}"

    return answers.change(request, journey, act, offers=offers)


@require_GET
@access.member("viewer")
def picture(request, picture_id):
    """A picture as we keep it."""
    found = get_object_or_404(Picture.objects.visible_to(request.member), pk=picture_id)
    return picture_answer(found)


def picture_answer(found: Picture) -> FileResponse | HttpResponse:
    try:
        answer = FileResponse(found.file.open("rb"), content_type="image/webp")
    except FileNotFoundError:
        return HttpResponse("The file of this picture is gone.", status=404, content_type="text/plain")
    answer["Cache-Control"] = "private, max-age=31536000, immutable"
    return answer
