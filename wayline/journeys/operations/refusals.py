"""Why a change to a journey is refused."""

from wayline.kit.refusals import Refusal


class TitleMissing(Refusal):
    pass


class TitleTooLong(Refusal):
    pass


class TemplateUnknown(Refusal):
    pass


class WindowOutOfRange(Refusal):
    pass


class ChoiceUnknown(Refusal):
    pass


class OwnerNotHere(Refusal):
    pass


class AlreadyDeleted(Refusal):
    pass


class NotDeleted(Refusal):
    pass


class ChangedMeanwhile(Refusal):
    """Somebody else changed the same thing since this person saw it."""


class NothingToUndo(Refusal):
    pass


class LaneUnknown(Refusal):
    pass


class NothingFits(Refusal):
    pass


class StepElsewhere(Refusal):
    pass


class CardElsewhere(Refusal):
    pass


class TooManyCards(Refusal):
    pass


class LinkLeadsNowhere(Refusal):
    pass


class PictureRefused(Refusal):
    pass


class CommentMissing(Refusal):
    pass


class SubjectGone(Refusal):
    pass


class ThreadSettled(Refusal):
    pass


class ShareNotEmbedded(Refusal):
    """A map that asks for a password cannot be embedded."""


class ShareEnded(Refusal):
    pass


class LastPhase(Refusal):
    pass


class PhaseHasSteps(Refusal):
    pass


class ConditionNotUnderstood(Refusal):
    pass


class FeelingOutOfRange(Refusal):
    pass


class JourneyInItself(Refusal):
    pass


class PlaceElsewhere(Refusal):
    pass


class NotAttached(Refusal):
    pass


class NothingChosen(Refusal):
    pass


class NothingChanged(Refusal):
    pass


class TooMany(Refusal):
    pass


class AlreadyUndone(Refusal):
    pass


class ViewNameTaken(Refusal):
    pass


class PersonaNameTaken(Refusal):
    pass


class SegmentElsewhere(Refusal):
    pass


class PersonaElsewhere(Refusal):
    pass


class MapChangedMeanwhile(Refusal):
    pass


class AlreadyDecided(Refusal):
    pass


class ReasonMissing(Refusal):
    pass


class WaitOutOfRange(Refusal):
    pass


class AlreadyMuted(Refusal):
    pass


class CostOutOfRange(Refusal):
    pass


class AlreadyApproved(Refusal):
    pass


class MayNotChange(Refusal):
    """The journey is restricted, and this person has no right to change it."""

    status = 403
