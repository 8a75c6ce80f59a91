"""What a document names of the workspace around it: journeys, their steps, people; and what is not there."""

from wayline.accounts.models import User, Workspace
from wayline.accounts.queries import people
from wayline.journeys.models import Journey, Picture, Step

from .document import CardPart, Document
from .unplaced import Unplaced


class Leads:
    """Finds by words what documents name. A restricted journey is not found: its title stays unsaid."""

    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        self._members: dict[str, User] | None = None

    def found(self, part: CardPart) -> tuple[Journey | None, Step | None]:
        """The journey that a card leads to, or the step of it."""
        title, key = part.leads
        if not title:
            return None, None
        rows = Journey.objects.kept().filter(workspace=self.workspace, is_restricted=False, title=title)
        journey = rows.order_by("pk").first()
        if journey is None or not key:
            return journey, None
        steps = Step.objects.kept().filter(phase__journey=journey, phase__deleted_at=None, key=key)
        return None, steps.first()

    def member(self, email: str) -> User | None:
        """The member of this e-mail."""
        if not email:
            return None
        if self._members is None:
            self._members = {user.email.lower(): user for user in people(self.workspace.pk)}
        return self._members.get(email.lower())


def missing(document: Document, workspace: Workspace) -> list[Unplaced]:
    """What the document names and this workspace does not have: it is left open when it is drawn."""
    leads = Leads(workspace)
    found = [
        Unplaced(
            f"{step.title}: {card.title}",
            " › ".join(filter(None, card.leads)),
            "This workspace has no such journey or step to lead to",
        )
        for step in document.steps
        for card in step.cards
        if card.leads_to_journey and card.leads_to_journey != document.title and not any(leads.found(card))
    ]
    carried = document.pictures or {}
    pictures = Picture.objects.filter(workspace=workspace)
    found += [
        Unplaced(f"{step.title}: {card.title}", card.picture, "The file does not carry this picture")
        for step in document.steps
        for card in step.cards
        if card.picture and card.picture not in carried and not pictures.named(card.picture).exists()
    ]
    found += [
        Unplaced(
            f"Change “{change.what}”", change.owner, "Nobody here has this e-mail; the change has no owner"
        )
        for change in document.changes or ()
        if change.owner and leads.member(change.owner) is None
    ]
    return found
