"""The side bar: the areas a person can open, in the order of the loop."""

NAVIGATION = (
    ("", (("home:overview", "Overview", "layout-dashboard"),)),
    (
        "Understand",
        (
            ("journeys:library", "Journeys", "map"),
            ("insights:index", "Insights", "quote"),
            ("customers:index", "Customers", "users"),
        ),
    ),
    ("Improve", (("improvements:index", "Opportunities", "lightbulb"),)),
    ("Measure", (("metrics:catalog", "Metrics", "gauge"),)),
    ("Listen", (("signals:index", "Signals", "radio"), ("signals:imports", "Imports", "upload"))),
    (
        "Settings",
        (
            ("accounts:settings", "Workspace", "settings"),
            ("integrations:webhooks", "Webhooks", "plug"),
            ("exports:start", "Exports", "download"),
            ("signals:rights", "People’s rights", "shield-check"),
            ("audit:activities", "Activities", "history"),
        ),
    ),
)


# Entries that only some may open.
RIGHTS = {"signals:rights": "privacy"}
ROLES = {"integrations:webhooks": "manager", "exports:start": "contributor"}


def navigation(request) -> dict:
    """The side bar's sections, with the area that is open."""
    match = getattr(request, "resolver_match", None)
    member = getattr(request, "member", None)
    sections = tuple(
        (title, tuple(entry for entry in entries if _may_open(member, entry[0])))
        for title, entries in NAVIGATION
    )
    return {
        "navigation": sections,
        "open_area": match.app_name if match else "",
        "open_page": match.view_name if match else "",
    }


def _may_open(member, page: str) -> bool:
    if page in ROLES:
        return member is not None and member.may(ROLES[page])
    return page not in RIGHTS or (member is not None and member.has_right(RIGHTS[page]))
