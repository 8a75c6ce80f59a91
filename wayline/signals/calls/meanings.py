"""What the names of Segment's semantic events say: kind, channel, subject, value, words and score.

Covered are the e-commerce (second version), mobile, B2B, e-mail, live chat and A/B testing vocabularies, as
published in Segment's specification. docs/guide/signals.md shows the table to people.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from wayline.signals.vocabulary import Kind

TEXTS = ("text", "comment")
SUBJECTS = ("subject", "order_id", "orderId", "ticket_id", "ticketId")
SPECIAL = (*TEXTS, *SUBJECTS, "kind", "step", "channel", "score", "scale", "weight")
AMOUNTS = ("value", "revenue", "total")
OPERATION, CONTACT, MESSAGE = Kind.OPERATION.value, Kind.CONTACT.value, Kind.MESSAGE.value


@dataclass(frozen=True, slots=True)
class Meaning:
    """How to read one semantic event; what its sender says expressly goes before."""

    kind: str = Kind.BEHAVIOR.value
    channel: str | None = None
    subjects: tuple[str, ...] = ()
    values: tuple[str, ...] = AMOUNTS
    texts: tuple[str, ...] = ()
    stars: str | None = None  # the property that holds one to five stars
    is_priced: bool = False  # without an amount, the value is price times quantity
    words: frozenset[str] = field(init=False, repr=False, compare=False)  # the properties that say more

    def __post_init__(self):
        own = (*self.subjects, *self.values, *self.texts, self.stars or "text", "price")
        object.__setattr__(self, "words", frozenset(SPECIAL + own))


ORDER = Meaning(subjects=("order_id",))
CART = Meaning(subjects=("order_id", "checkout_id", "cart_id"))
PRODUCT = Meaning(subjects=("product_id", "sku"), is_priced=True)
COUPON = Meaning(subjects=("order_id", "cart_id", "coupon_id"))
APP = Meaning(channel="app")
PUSH = Meaning(channel="push", subjects=("push_id", "campaign_id"))
PUSH_OF_OURS = Meaning(OPERATION, "push", ("push_id", "campaign_id"))
EMAIL = Meaning(channel="email", subjects=("email_id", "campaign_id"))
EMAIL_OF_OURS = Meaning(OPERATION, "email", ("email_id", "campaign_id"))
ACCOUNT = Meaning(subjects=("account_id", "group_id"))
CHAT = ("conversation_id",)

MEANINGS: dict[str, Meaning] = {
    "Products Searched": Meaning(),
    "Product List Viewed": Meaning(subjects=("list_id", "category")),
    "Product List Filtered": Meaning(subjects=("list_id", "category")),
    "Promotion Viewed": Meaning(subjects=("promotion_id",)),
    "Promotion Clicked": Meaning(subjects=("promotion_id",)),
    **dict.fromkeys(
        (
            "Product Clicked",
            "Product Viewed",
            "Product Added",
            "Product Removed",
            "Product Added to Wishlist",
            "Product Removed from Wishlist",
            "Wishlist Product Added to Cart",
            "Product Shared",
        ),
        PRODUCT,
    ),
    "Product Reviewed": Meaning(
        Kind.REVIEW.value, subjects=("product_id",), texts=("review_body",), stars="rating"
    ),
    **dict.fromkeys(
        (
            "Cart Viewed",
            "Cart Shared",
            "Checkout Started",
            "Checkout Step Viewed",
            "Checkout Step Completed",
            "Payment Info Entered",
        ),
        CART,
    ),
    **dict.fromkeys(("Coupon Entered", "Coupon Applied", "Coupon Denied", "Coupon Removed"), COUPON),
    "Order Completed": ORDER,
    "Order Cancelled": ORDER,
    "Order Updated": Meaning(OPERATION, subjects=("order_id",)),
    "Order Refunded": Meaning(OPERATION, subjects=("order_id",)),
    **dict.fromkeys(
        (
            "Application Installed",
            "Application Opened",
            "Application Updated",
            "Application Backgrounded",
            "Application Foregrounded",
            "Application Uninstalled",
            "Deep Link Clicked",
            "Deep Link Opened",
            "Install Attributed",
        ),
        APP,
    ),
    "Application Crashed": Meaning(OPERATION, "app"),
    "Push Notification Received": PUSH_OF_OURS,
    "Push Notification Bounced": PUSH_OF_OURS,
    "Push Notification Tapped": PUSH,
    **dict.fromkeys(
        (
            "Account Created",
            "Account Deleted",
            "Account Added User",
            "Account Removed User",
            "Signed Up",
            "Signed In",
            "Signed Out",
            "Invite Sent",
            "Trial Started",
        ),
        ACCOUNT,
    ),
    "Trial Ended": Meaning(OPERATION, subjects=("account_id", "group_id")),
    "Email Delivered": EMAIL_OF_OURS,
    "Email Bounced": EMAIL_OF_OURS,
    "Email Opened": EMAIL,
    "Email Link Clicked": EMAIL,
    "Email Marked as Spam": EMAIL,
    "Unsubscribed": EMAIL,
    "Live Chat Conversation Started": Meaning(CONTACT, "chat", CHAT),
    "Live Chat Message Sent": Meaning(MESSAGE, "chat", CHAT, texts=("message_body",)),
    "Live Chat Message Received": Meaning(MESSAGE, "chat", CHAT, texts=("message_body",)),
    "Live Chat Conversation Ended": Meaning(OPERATION, "chat", CHAT),
    "Experiment Viewed": Meaning(subjects=("experiment_id",)),
}

# The version-one names, which old libraries still send.
for _old, _today in (
    ("Completed Order", "Order Completed"),
    ("Viewed Product", "Product Viewed"),
    ("Added Product", "Product Added"),
    ("Removed Product", "Product Removed"),
    ("Viewed Product Category", "Product List Viewed"),
):
    MEANINGS[_old] = MEANINGS[_today]

_BY_WRITTEN = {name.casefold().replace("_", " "): meaning for name, meaning in MEANINGS.items()}
NOTHING_SPECIAL = Meaning(subjects=())


@lru_cache(4_096)
def meaning_of(name: str) -> Meaning:
    """What the event means by its name; RudderStack and tag managers write it in other cases."""
    found = MEANINGS.get(name)
    if found is not None:
        return found
    return _BY_WRITTEN.get(name.casefold().replace("_", " "), NOTHING_SPECIAL)
