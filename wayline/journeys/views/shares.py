import hmac
import re
from datetime import UTC, datetime, time, timedelta

from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.accounts import access
from wayline.journeys import forms, operations, queries
from wayline.journeys.models import Journey, Picture, Placement, Share
from wayline.journeys.share_links import SIGNER, address
from wayline.kit.middleware import POLICY
from wayline.kit.refusals import Refusal

from . import answers
from .cards import journey_of, picture_answer

DEAD_LINK = re.compile(r'<a\b[^>]*\bhref="(?:&amp;[^"]*)?"[^>]*>(.*?)</a>', re.DOTALL)
EMBEDDABLE = POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")


@require_http_methods(["GET", "POST"])
@access.member("contributor")
def shares(request, journey_id):
    """The links by which people without an account read this map."""
    journey = journey_of(request, journey_id)
    form = forms.ShareForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        last_day = given["last_day"]
        try:
            operations.make_share(
                journey,
                name=given["name"],
                password=given["password"],
                expires_at=datetime.combine(last_day, time(), UTC) + timedelta(days=1) if last_day else None,
                may_embed=given["may_embed"],
                shows_numbers=not given["hide_numbers"],
                **answers.by(request),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("journeys:shares", request.workspace.slug, journey.pk)
    found = Share.objects.visible_to(request.member).filter(journey=journey).select_related("created_by")
    now = timezone.now()
    context = {
        "journey": journey,
        "form": form,
        "shares": [
            (share, address(request, share), bool(share.expires_at and share.expires_at <= now))
            for share in found
        ],
    }
    return render(request, "journeys/shares/shares.html", context, status=422 if form.errors else 200)


@require_POST
@access.member("contributor")
def end(request, share_id):
    """Close a link for good."""
    share = get_object_or_404(Share.objects.visible_to(request.member).select_related("journey"), pk=share_id)
    operations.end_share(share, **answers.by(request))
    return redirect("journeys:shares", request.workspace.slug, share.journey_id)


def _share(token: str) -> Share:
    try:
        nonce = SIGNER.unsign(token)
    except BadSignature:
        raise Http404 from None
    usable = Share.objects.usable(timezone.now()).select_related("journey__workspace")
    return get_object_or_404(usable, nonce=nonce)


@xframe_options_exempt
@require_http_methods(["GET", "POST"])
def shared(request, token):
    """One map, read by whoever has the link (and its password)."""
    share = _share(token)
    if not _is_open(request, share):
        if request.method == "POST" and operations.opens(share, request.POST.get("password", "")):
            request.session[_key(share)] = _proof(share)
            return redirect("shared", token)
        context = {"share": share, "is_wrong": request.method == "POST"}
        return _private(render(request, "journeys/shares/password.html", context), share)
    operations.count_opening(share, now=timezone.now())
    journey = Journey.objects.with_steps().get(pk=share.journey_id)
    phase = request.GET.get("phase", "1")
    view = request.GET.get("view", "journey")
    picture = queries.public(
        journey,
        now=timezone.now(),
        view=view,
        open_phase=int(phase) if phase.isdecimal() else 1,
        measured=share.shows_numbers,
    )
    context = {"share": share, "journey": journey, "picture": picture, "is_public": True}
    context["drawn"] = _without_dead_links(render_to_string("journeys/living_map.html", context, request))
    return _private(render(request, "journeys/shares/shared.html", context), share)


@require_GET
def shared_picture(request, token, picture_id):
    """A picture that stands on the shared map."""
    share = _share(token)
    if not _is_open(request, share):
        raise Http404
    on_map = Placement.objects.on_kept_maps().filter(journey=share.journey_id, card__picture=picture_id)
    if not on_map.exists():
        raise Http404
    return picture_answer(get_object_or_404(Picture, pk=picture_id))


def _without_dead_links(html: str) -> SafeString:
    """Numbers lead to the people behind them, whom only members may see: outside they lead nowhere."""
    return mark_safe(DEAD_LINK.sub(r"<span>\1</span>", html))


def _is_open(request: HttpRequest, share: Share) -> bool:
    said = request.session.get(_key(share), "")
    return not share.password or hmac.compare_digest(said, _proof(share))


def _key(share: Share) -> str:
    return f"share-{share.pk}"


def _proof(share: Share) -> str:
    """Ends with the password it was given for."""
    return Signer(salt="journeys.share.open").signature(share.password)


def _private(answer, share: Share):
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer["Cache-Control"] = "private, no-store"
    # Nobody else learns the address; forms still say where they come from, or they would be refused.
    answer["Referrer-Policy"] = "same-origin"
    if share.may_embed:
        answer["Content-Security-Policy"] = EMBEDDABLE
    else:
        answer["X-Frame-Options"] = "DENY"
    return answer
