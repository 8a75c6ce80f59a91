"""What a customer's own words about consent mean."""

DENIED = frozenset({"denied", "deny", "no", "false", "withdrawn", "refused", "0", "opt_out", "opted_out"})


def is_denied(consent) -> bool:
    """Whether a consent, as traits and contexts write it, says no to analytics."""
    if isinstance(consent, dict):
        preferences = consent.get("categoryPreferences") or consent
        if not isinstance(preferences, dict):
            return False
        lowered = {str(name).casefold(): value for name, value in preferences.items()}
        return is_denied(lowered["analytics"]) if "analytics" in lowered else False
    if isinstance(consent, bool):
        return not consent
    return consent is not None and str(consent).strip().casefold() in DENIED
