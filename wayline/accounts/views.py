from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wayline.kit.pages import show

from . import access, forms, operations, queries
from .models import Invitation, Key, Membership, Role, User


@login_required
def start(request):
    """The address without a workspace leads to the only one there is, or to the list."""
    found = list(queries.workspaces(request.user)[:2])
    if len(found) == 1:
        return redirect("home:overview", found[0].slug)
    return redirect("entrance:workspaces")


@login_required
@require_http_methods(["GET", "POST"])
def workspaces(request):
    form = forms.WorkspaceForm(request.POST or None)
    if form.is_valid():
        made = operations.create_workspace(**form.cleaned_data, by=request.user, now=timezone.now())
        return redirect("home:overview", made.slug)
    memberships = request.user.memberships.select_related("workspace").order_by("workspace__name")
    context = {"memberships": memberships, "form": form}
    return show(request, "accounts/workspaces.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request, token: str):
    """Join by the link in the letter. Somebody who has an account signs in first."""
    invited = operations.invitation_for(token)
    known = User.objects.filter(email=invited.email).exists()
    user = request.user if request.user.is_authenticated else None
    if known and user is None:
        return redirect(f"{reverse('account_login')}?next={request.path}")
    form = forms.AcceptForm(request.POST or None, email=invited.email)
    if request.method == "POST" and (known or form.is_valid()):
        answers = {"user": user} if known else form.cleaned_data
        joined = operations.accept_invitation(invited, **answers, now=timezone.now())
        if not known:
            login(request, joined.user, "allauth.account.auth_backends.AuthenticationBackend")
        return redirect("home:overview", joined.workspace.slug)
    context = {"invitation": invited, "form": form, "known": known}
    return show(request, "accounts/invitation.html", context, status=422 if form.errors else 200)


@access.member("viewer")
@require_GET
def settings(request):
    return _show_settings(request, forms.WorkspaceForm(initial=vars(request.workspace)))


@access.member("owner")
@require_POST
def change(request):
    form = forms.WorkspaceForm(request.POST)
    if not form.is_valid():
        return _show_settings(request, form, status=422)
    operations.change_workspace(request.workspace, **form.cleaned_data, by=request.user, now=timezone.now())
    messages.success(request, "The workspace was changed.")
    return redirect("accounts:settings", request.workspace.slug)


@access.member("viewer")
@require_GET
def people(request):
    return _show_people(request, forms.InviteForm())


@access.member("owner")
@require_POST
def invite(request):
    form = forms.InviteForm(request.POST)
    if not form.is_valid():
        return _show_people(request, form, status=422)
    invited = operations.invite(request.workspace, **form.cleaned_data, by=request.user, now=timezone.now())
    path = reverse("entrance:invitation", args=[operations.invitation_token(invited)])
    return _show_people(request, forms.InviteForm(), invited=invited, link=request.build_absolute_uri(path))


@access.member("owner")
@require_POST
def withdraw(request, invitation_id: int):
    found = get_object_or_404(Invitation.objects.visible_to(request.member), pk=invitation_id)
    operations.withdraw_invitation(found, by=request.user, now=timezone.now())
    return redirect("accounts:people", request.workspace.slug)


@access.member("owner")
@require_POST
def change_role(request, member_id: int):
    found = get_object_or_404(Membership.objects.visible_to(request.member), pk=member_id)
    form = forms.RoleForm(request.POST)
    if not form.is_valid():
        return _show_people(request, forms.InviteForm(), status=422)
    operations.change_role(found, **form.cleaned_data, by=request.user, now=timezone.now())
    return redirect("accounts:people", request.workspace.slug)


@access.member("owner")
@require_POST
def change_rights(request, member_id: int):
    found = get_object_or_404(Membership.objects.visible_to(request.member), pk=member_id)
    form = forms.RightsForm(request.POST)
    if not form.is_valid():
        return _show_people(request, forms.InviteForm(), status=422)
    operations.change_rights(found, **form.cleaned_data, by=request.user, now=timezone.now())
    return redirect("accounts:people", request.workspace.slug)


@access.member("owner")
@require_POST
def remove(request, member_id: int):
    found = get_object_or_404(Membership.objects.visible_to(request.member), pk=member_id)
    operations.remove_member(found, by=request.user, now=timezone.now())
    if found.user_id == request.user.pk:
        return redirect("entrance:workspaces")
    return redirect("accounts:people", request.workspace.slug)


@access.member("viewer")
@require_POST
def leave(request):
    operations.remove_member(request.member, by=request.user, now=timezone.now())
    return redirect("entrance:workspaces")


@access.member("manager")
@require_GET
def keys(request):
    return _show_keys(request, forms.KeyForm())


@access.member("manager")
@never_cache
@require_POST
def create_key(request):
    form = forms.KeyForm(request.POST)
    if not form.is_valid():
        return _show_keys(request, form, status=422)
    key, secret = operations.create_key(
        request.workspace, **form.cleaned_data, by=request.member, now=timezone.now()
    )
    return _show_keys(request, forms.KeyForm(), made=key, secret=secret)


@access.member("manager")
@require_POST
def revoke_key(request, key_id: int):
    found = get_object_or_404(Key.objects.visible_to(request.member), pk=key_id)
    operations.revoke_key(found, by=request.user, now=timezone.now())
    return redirect("accounts:keys", request.workspace.slug)


def _show_settings(request, form, status: int = 200):
    return show(request, "accounts/settings.html", {"form": form, "tab": "workspace"}, status=status)


def _show_people(request, form, status: int = 200, **more):
    context = {
        "form": form,
        "members": queries.members(request.member),
        "invitations": queries.open_invitations(request.member),
        "roles": Role,
        "tab": "people",
    }
    return show(request, "accounts/people.html", context | more, status=status)


def _show_keys(request, form, status: int = 200, **more):
    context = {"form": form, "keys": queries.keys(request.member), "tab": "keys"}
    return show(request, "accounts/keys.html", context | more, status=status)
