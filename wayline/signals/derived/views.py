from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from wayline.accounts import access
from wayline.kit.pages import show
from wayline.signals import queries as signals

from . import operations, queries, words
from .forms import RuleForm
from .models import DerivedRule
from .rules import PRESETS


@access.member("viewer")
@require_GET
def rules(request):
    presets = [(key, name, words.sentence(rule)) for key, (name, rule) in PRESETS.items()]
    context = {
        "rules": queries.rules(request.member),
        "presets": presets,
        "may_edit": request.member.may("contributor"),
    }
    return show(request, "signals/derived/index.html", context)


@access.member("contributor")
def rule_new(request):
    preset = request.GET.get("preset", "repeat_contact")
    if preset not in PRESETS:
        raise Http404
    name, rule = PRESETS[preset]
    form = RuleForm(request.POST or None, name=name, rule=rule)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        made = operations.create_rule(
            request.workspace,
            name=form.cleaned_data["name"],
            rule=form.rule,
            by=request.user,
            now=timezone.now(),
        )
        messages.success(request, f"Saved {made}. It derives nothing until you switch it on.")
        return redirect("signals:rule", request.workspace.slug, made.pk)
    return _show(request, form, None)


@access.member("contributor")
def rule(request, rule_id):
    made = _rule(request, rule_id)
    form = RuleForm(request.POST or None, name=made.name, rule=made.says)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        name = form.cleaned_data["name"]
        operations.change_rule(made, name=name, rule=form.rule, by=request.user, now=timezone.now())
        messages.success(request, f"Saved {made}.")
        return redirect("signals:rule", request.workspace.slug, made.pk)
    return _show(request, form, made)


def _show(request, form, made):
    is_broken = form.is_bound and not form.is_valid()
    now = timezone.now()
    context = {
        "form": form,
        "made": made,
        "sentence": "" if is_broken else words.sentence(form.rule),
        "preview": None if is_broken else queries.preview(request.member, form.rule, now=now),
        "names": signals.names(request.member)[:300],
    }
    return show(request, "signals/derived/rule.html", context, status=422 if is_broken else 200)


def _rule(request, rule_id) -> DerivedRule:
    return get_object_or_404(DerivedRule.objects.visible_to(request.member), pk=rule_id)


@access.member("contributor")
@require_POST
def switch_on_rule(request, rule_id):
    made = _rule(request, rule_id)
    operations.switch_on_rule(made, by=request.user, now=timezone.now())
    messages.success(request, f"{made} is on. Its signals of the last ninety days come in a moment.")
    return redirect("signals:rules", request.workspace.slug)


@access.member("contributor")
@require_POST
def switch_off_rule(request, rule_id):
    made, is_withdrawn = _rule(request, rule_id), "withdraw" in request.POST
    operations.switch_off_rule(made, is_withdrawn=is_withdrawn, by=request.user, now=timezone.now())
    messages.success(request, f"{made} is off{', and its signals are withdrawn' if is_withdrawn else ''}.")
    return redirect("signals:rules", request.workspace.slug)


@access.member("contributor")
@require_POST
def delete_rule(request, rule_id):
    made = _rule(request, rule_id)
    operations.delete_rule(made, by=request.user, now=timezone.now())
    messages.success(request, f"Deleted {made} with its signals.")
    return redirect("signals:rules", request.workspace.slug)
