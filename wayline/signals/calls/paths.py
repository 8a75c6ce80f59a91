"""Which requests bring signals: Segment's addresses and PostHog's."""

SEGMENT = "/v1/"
# PostHog's clients know these and no others. Pages never take a POST at them.
POSTHOG = frozenset({"/batch", "/batch/", "/capture", "/capture/", "/e", "/e/", "/i/v0/e", "/i/v0/e/"})


def is_for_signals(scope: dict) -> bool:
    """Whether the way in for signals answers this request, and not the pages."""
    path = scope["path"]
    return path.startswith(SEGMENT) or (path in POSTHOG and scope["method"] in {"POST", "OPTIONS"})
