from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from wayline.kit.tasks import task

from . import operations
from .models import Invitation


@task("accounts.send_invitation")
def send_invitation(payload: dict) -> None:
    """Write to the person invited. Sent twice, the letter holds the same invitation."""
    invitation = (
        Invitation.objects.open().select_related("workspace", "invited_by").get(pk=payload["invitation"])
    )
    link = settings.BASE_URL + reverse("entrance:invitation", args=[operations.invitation_token(invitation)])
    context = {"invitation": invitation, "link": link, "days": operations.INVITATION_DAYS}
    send_mail(
        subject=f"Join {invitation.workspace} on Wayline",
        message=render_to_string("accounts/invitation_letter.txt", context),
        from_email=None,
        recipient_list=[invitation.email],
    )
