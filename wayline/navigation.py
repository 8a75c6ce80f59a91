"""The side bar: the areas a person can open, in the order of the loop."""

NAVIGATION = (
    ("", (("home:overview", "Overview", "layout-dashboard"),)),
    (
        "Understand",
        (("journeys:library", "Journeys", "map"), ("customers:index", "Customers", "users")),
    ),
    ("Measure", (("metrics:catalog", "Metrics", "gauge"),)),
    ("Listen", (("signals:index", "Signals", "radio"), ("signals:imports", "Imports", "upload"))),
    (
        "Settings",
        (("accounts:settings", "Workspace", "settings"), ("audit:activities", "Activities", "history")),
    ),
)


def navigation(request) -> dict:
    """The side bar's sections, with the area that is open."""
    match = getattr(request, "resolver_match", None)
    return {
        "navigation": NAVIGATION,
        "open_area": match.app_name if match else "",
        "open_page": match.view_name if match else "",
    }
