import re
from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys import announcing
from wayline.journeys.models import Comment, Journey, Notice, Thread, seats
from wayline.journeys.queries import talks
from wayline.kit.tasks import enqueue

from . import order
from .refusals import ChoiceUnknown, CommentMissing, SubjectGone, ThreadSettled

LONGEST = 5_000
MENTION = re.compile(r"(?<![\w@])@([\w][\w.'’-]*(?: [\w][\w.'’-]*)?)")


@transaction.atomic
def begin_thread(
    journey: Journey,
    *,
    text: str,
    by: User | None,
    now: datetime,
    subject_kind: str = "journey",
    subject_key: str = "",
) -> Thread:
    """Begin a discussion about something on the map."""
    if subject_kind not in Thread.Subject.values:
        raise ChoiceUnknown(f"A discussion is about one of: {', '.join(Thread.Subject.values)}.")
    if not talks.is_there(journey, subject_kind, subject_key):
        raise SubjectGone("That is not on this map any more. Discuss the journey itself, or something on it.")
    thread = Thread.objects.create(
        journey=journey, subject_kind=subject_kind, subject_key=subject_key, begun_at=now, begun_by=by
    )
    _say(thread, text, by, now)
    audit.record("thread.begun", subject=thread, by=by, at=now, journey=journey.pk)
    return thread


@transaction.atomic
def answer_thread(thread: Thread, *, text: str, by: User | None, now: datetime) -> Comment:
    """Say something in a discussion; one that was resolved is open again."""
    comment = _say(thread, text, by, now)
    Thread.objects.filter(pk=thread.pk).update(resolved_at=None, resolved_by=None)
    audit.record("thread.answered", subject=thread, by=by, at=now, comment=comment.pk)
    return comment


@transaction.atomic
def resolve_thread(thread: Thread, *, by: User | None, now: datetime) -> None:
    """The question is answered: the mark leaves the map, the discussion stays to be read."""
    if not Thread.objects.open().filter(pk=thread.pk).update(resolved_at=now, resolved_by=by):
        raise ThreadSettled("Somebody has resolved this discussion already.")
    thread.refresh_from_db()
    announcing.talked(thread.journey_id, thread.subject_kind, thread.subject_key, now=now)
    audit.record("thread.resolved", subject=thread, by=by, at=now)


@transaction.atomic
def reopen_thread(thread: Thread, *, by: User | None, now: datetime) -> None:
    """Take up a resolved discussion again."""
    resolved = Thread.objects.filter(pk=thread.pk).exclude(resolved_at=None)
    if not resolved.update(resolved_at=None, resolved_by=None):
        raise ThreadSettled("This discussion is open already.")
    thread.refresh_from_db()
    announcing.talked(thread.journey_id, thread.subject_kind, thread.subject_key, now=now)
    audit.record("thread.reopened", subject=thread, by=by, at=now)


@transaction.atomic
def delete_comment(comment: Comment, *, by: User, now: datetime) -> None:
    """Take one's own words back."""
    if comment.by_id != by.pk:
        raise ThreadSettled("Only who wrote a comment can delete it.")
    if not Comment.objects.filter(pk=comment.pk, deleted_at=None).update(deleted_at=now):
        raise ThreadSettled("This comment is already deleted.")
    thread = comment.thread
    if not thread.comments.filter(deleted_at=None).exists():
        thread.delete()  # nothing is left to discuss
    announcing.talked(thread.journey_id, thread.subject_kind, thread.subject_key, now=now)
    audit.record("comment.deleted", subject=comment, by=by, at=now)


def read_notices(user: User, *, now: datetime, comments=None) -> int:
    """Note that the user has seen what they were told about; all of it unless comments are named."""
    notices = Notice.objects.unread().filter(user=user)
    if comments is not None:
        notices = notices.filter(comment__in=comments)
    return notices.update(read_at=now)


def mentioned(text: str, journey: Journey) -> list[User]:
    """The members named after an @, by e-mail, full or first name; a name that two share names neither."""
    users = User.objects.filter(memberships__in=seats.readers(journey), is_active=True)
    names: dict[str, set[User]] = {}
    for user in users:
        for name in {str(user), str(user).split()[0], user.email, user.email.split("@")[0]}:
            names.setdefault(name.lower(), set()).add(user)
    found: dict[int, User] = {}
    for said in MENTION.findall(text):
        for name in (said, said.split()[0]):
            meant = names.get(name.rstrip(".'’-").lower(), set())
            if len(meant) == 1:
                user = next(iter(meant))
                found[user.pk] = user
                break
    for user in users:
        if f"@{user.email}".lower() in text.lower():
            found[user.pk] = user
    return list(found.values())


def _say(thread: Thread, text: str, by: User | None, now: datetime) -> Comment:
    text = order.limited(text, name="comment", longest=LONGEST)
    if not text:
        raise CommentMissing("Write a comment first.")
    order.touch(thread.journey, by=None, now=now)  # whoever may read may discuss
    comment = Comment.objects.create(thread=thread, by=by, at=now, text=text)
    _notify(comment, by, now)
    announcing.talked(thread.journey_id, thread.subject_kind, thread.subject_key, now=now)
    return comment


def _notify(comment: Comment, by: User | None, now: datetime) -> None:
    """Tell those who were mentioned, then everybody else in the thread; nobody twice, never oneself."""
    thread, own = comment.thread, {by.pk if by else None}
    meant = {user.pk for user in mentioned(comment.text, thread.journey)} - own
    taking_part = set(thread.comments.filter(deleted_at=None).values_list("by", flat=True))
    still_here = set(seats.readers(thread.journey).values_list("user", flat=True))
    others = (taking_part & still_here) - meant - own - {None}
    reasons = [*((pk, "mention") for pk in meant), *((pk, "reply") for pk in others)]
    Notice.objects.bulk_create(
        Notice(user_id=pk, comment=comment, reason=reason, at=now) for pk, reason in reasons
    )
    if reasons:
        enqueue(
            "journeys.mail_notices",
            {"comment": comment.pk},
            now=now,
            workspace=thread.workspace_id,
            unique_key=f"notices:{comment.pk}",
        )
