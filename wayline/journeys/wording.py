"""Whether a step is told by the customer, or by the organization about itself."""

import re

SPEAKS = re.compile(r"^\W*(i|i['’](m|ve|d|ll)|my|we|our|me)\b", re.IGNORECASE)
ABOUT_THEM = re.compile(
    r"\b(the )?(customer|client|user|guest|patient|member|buyer|subscriber)s?\b", re.IGNORECASE
)
INSIDE = re.compile(
    r"\b(department|team|back ?office|front ?office|onboarding|billing|sales|marketing|logistics|"
    r"fulfil?lment|procurement|crm|erp|kyc|first level|second level|tier \d|handover|hand-off|"
    r"ticket creation|provisioning|conversion|acquisition|retention|upsell|churn|lead|funnel)\b",
    re.IGNORECASE,
)


def remark(title: str) -> str:
    """What to change so that the title speaks as the customer; nothing when it does."""
    if SPEAKS.search(title):
        if word := INSIDE.search(title):
            return f"“{word.group(0)}” is a word of the organization. Say what the customer would say."
        return ""
    if ABOUT_THEM.search(title):
        return "This speaks about the customer. Let them speak: begin with “I”."
    if word := INSIDE.search(title):
        return (
            f"“{word.group(0)}” names a part of the organization. Say what the customer does: begin with “I”."
        )
    return "Say what the customer does, in their words: begin with “I”."
