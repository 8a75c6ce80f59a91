"""What a customer's own words about consent mean: which purposes, on which channels, yes or no."""

import re

DENIED = frozenset({"denied", "deny", "no", "false", "withdrawn", "refused", "0", "opt_out", "opted_out"})
GRANTED = frozenset({"granted", "grant", "yes", "true", "accepted", "given", "1", "opt_in", "opted_in"})
ANALYTICS, EVERYTHING, ANY_CHANNEL = "analytics", "all", ""
TRAIT = "consent"
LONGEST_PURPOSE, LONGEST_CHANNEL, MANY_CHOICES = 60, 30, 100
NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")

# What people are asked for, and whether it may be done before they were asked. Other purposes may not.
PURPOSES = {
    ANALYTICS: ("Analytics: observing what they do", True),
    "service": ("Service: answering and informing about what they bought", True),
    "surveys": ("Surveys: asking how it was", True),
    "marketing": ("Marketing: offers and news", False),
    "personalization": ("Personalization: treating them by their profile", False),
    "profiling": ("Profiling: scores and predictions", False),
    "sharing": ("Sharing with others", False),
    EVERYTHING: ("Everything", False),
}

Choice = tuple[str, str]  # purpose, and channel or "" for every channel


def is_denied(consent) -> bool:
    """Whether a consent, as traits and contexts write it, says no to analytics."""
    return said(consent).get((ANALYTICS, ANY_CHANNEL)) is False


def said(consent) -> dict[Choice, bool]:
    """The choices a consent names; words that are neither yes nor no say nothing."""
    if not isinstance(consent, dict):
        answer = _answer(consent)
        return {} if answer is None else {(ANALYTICS, ANY_CHANNEL): answer}
    preferences = consent.get("categoryPreferences") or consent
    if not isinstance(preferences, dict):
        return {}
    choices: dict[Choice, bool] = {}
    for purpose, value in preferences.items():
        by_channel = value if isinstance(value, dict) else {ANY_CHANNEL: value}
        for channel, word in by_channel.items():
            answer, choice = _answer(word), choice_of(str(purpose), str(channel))
            if answer is not None and choice[0] and len(choices) < MANY_CHOICES:
                choices[choice] = answer
    return choices


def traits_of(consent) -> dict[str, str]:
    """The choices as flat traits: `consent` (of analytics), `consent.purpose`, `consent.purpose.channel`."""
    return {
        TRAIT if choice == (ANALYTICS, ANY_CHANNEL) else ".".join(filter(None, (TRAIT, *choice))): (
            "granted" if answer else "denied"
        )
        for choice, answer in said(consent).items()
    }


def is_consent(trait: str) -> bool:
    """Whether the trait is a choice about consent."""
    return trait == TRAIT or trait.startswith(f"{TRAIT}.")


def in_traits(traits: dict) -> dict[Choice, bool]:
    """The choices that traits hold."""
    choices: dict[Choice, bool] = {}
    for name, value in traits.items():
        if not is_consent(name):
            continue
        if name == TRAIT:
            choices |= said(value)
            continue
        _, purpose, *channel = name.split(".", 2)
        answer = _answer(value)
        if answer is not None and slug(purpose):
            choices[choice_of(purpose, *channel)] = answer
    return choices


def choice_of(purpose: str, channel: str = ANY_CHANNEL) -> Choice:
    """Purpose and channel as they are compared."""
    return slug(purpose)[:LONGEST_PURPOSE], slug(channel)[:LONGEST_CHANNEL]


def slug(word: str) -> str:
    return NOT_IN_SLUG.sub("_", word.casefold()).strip("_")


def purpose_label(purpose: str) -> str:
    """What the purpose is called."""
    return (
        PURPOSES[purpose][0].split(":")[0] if purpose in PURPOSES else purpose.replace("_", " ").capitalize()
    )


def is_allowed_unasked(purpose: str) -> bool:
    """Whether it may be done for a customer who never said anything about it."""
    return PURPOSES.get(purpose, ("", False))[1]


def _answer(word) -> bool | None:
    if isinstance(word, bool):
        return word
    text = str(word).strip().casefold()
    return False if text in DENIED else True if text in GRANTED else None
