from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.journeys import operations
from wayline.journeys.forms.personas import PersonaForm
from wayline.journeys.models import Journey, Persona
from wayline.journeys.queries import personas
from wayline.journeys.views.find import controls_of, journey_of
from wayline.kit.refusals import Refusal


def _persona(request, persona_id: int) -> Persona:
    rows = Persona.objects.visible_to(request.member).select_related("segment", "picture")
    return get_object_or_404(rows, pk=persona_id)


@require_GET
@access.member("viewer")
def gallery(request):
    """Every persona, how many customers each is, and who is covered by none."""
    deleted = request.GET.get("deleted", "")
    gone = Persona.objects.deleted_from(request.member)
    context = {
        "gallery": personas.gallery(request.member, now=timezone.now()),
        "deleted": gone.filter(pk=deleted).first() if deleted.isdecimal() else None,
    }
    return render(request, "journeys/personas/gallery.html", context)


@require_GET
@access.member("viewer")
def persona(request, persona_id):
    """One persona: what is known of them, and how it goes for them."""
    found = _persona(request, persona_id)
    context = {
        "persona": found,
        "lived": personas.lived(found, now=timezone.now()),
        "journeys": found.journeys.current(),
        "counted": personas.journeys_of(found),
    }
    return render(request, "journeys/personas/persona.html", context)


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def new(request):
    """Write down a persona."""
    return _write(request, None)


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def describe(request, persona_id):
    """Change a persona."""
    return _write(request, _persona(request, persona_id))


def _write(request, found: Persona | None):
    initial = PersonaForm.values_of(found) if found else {"journeys": request.GET.getlist("journey")}
    form = PersonaForm(request.POST or None, request.FILES or None, initial=initial, member=request.member)
    if request.method == "POST" and form.is_valid():
        said, by = dict(form.cleaned_data), {"by": request.user, "now": timezone.now()}
        journeys, upload, away = (said.pop(name) for name in ("journeys", "upload", "no_picture"))
        try:
            if upload:
                said["picture"] = operations.upload_picture(request.workspace, upload, **by)
            elif away:
                said["picture"] = None
            if found is None:
                found = operations.create_persona(request.workspace, **said, **by)
            else:
                operations.describe_persona(found, **said, **by)
            # Those that are closed to this person are theirs as before.
            seen = Journey.objects.visible_to(request.member).current()
            journeys = [*journeys, *found.journeys.exclude(pk__in=seen.values("pk"))]
            operations.set_persona_journeys(found, journeys=journeys, **by)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("journeys:persona", request.workspace.slug, found.pk)
    context = {"form": form, "persona": found}
    return render(request, "journeys/personas/write.html", context, status=422 if form.errors else 200)


@require_POST
@access.member("contributor")
def delete(request, persona_id):
    """Take a persona away; the answer offers to undo it."""
    found = _persona(request, persona_id)
    operations.delete_persona(found, by=request.user, now=timezone.now())
    return redirect(f"{reverse('journeys:personas', args=[request.workspace.slug])}?deleted={found.pk}")


@require_POST
@access.member("contributor")
def restore(request, persona_id):
    """Undo the deletion."""
    found = get_object_or_404(Persona.objects.deleted_from(request.member), pk=persona_id)
    operations.restore_persona(found, by=request.user, now=timezone.now())
    messages.success(request, f"“{found}” is back.")
    return redirect("journeys:persona", request.workspace.slug, found.pk)


@require_GET
@access.member("viewer")
def heat_map(request, journey_id):
    """Persona × step: where the journey goes better or worse for whom."""
    journey = journey_of(request, journey_id)
    measure = request.GET.get("measure", "")
    measure = measure if measure in dict(personas.MEASURES) else "conversion"
    rows = Persona.objects.visible_to(request.member).exclude(segment=None).select_related("segment")
    shown = list(rows[: personas.MOST_PERSONAS])
    reading = controls_of(request, journey).reading()
    context = {
        "journey": journey,
        "personas": shown,
        "measure": measure,
        "measures": personas.MEASURES,
        "reading": reading,
        "rows": personas.heat_map(journey, shown, reading, measure) if shown else (),
    }
    return render(request, "journeys/personas/heat_map.html", context)
