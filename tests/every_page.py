"""Every page in both themes against the rules of WCAG 2.2 AA, for the files of one width each."""

from .browser import QUIET, assert_accessible, sign_in

PAGES = (
    "",
    "start/",
    "search/?q=software",
    "customers/",
    "customers/1/",
    "metrics/",
    "metrics/nps/",
    "metrics/stars_mean/?by=channel",
    "journeys/",
    "journeys/new/",
    "journeys/1/",
    "journeys/1/?segment=plan+is+pro&against=plan+is+free",
    "journeys/1/people/",
    "journeys/1/paths/",
    "journeys/1/edit/",
    "journeys/1/settings/",
    "journeys/1/?view=both",
    "journeys/1/present/",
    "journeys/1/lanes/",
    "journeys/1/cards/add/",
    "journeys/1/discussions/",
    "journeys/1/shares/",
    "journeys/notices/",
    "journeys/steps/1/",
    "journeys/steps/1/bind/",
    "signals/",
    "signals/live/",
    "signals/refused/",
    "signals/segments/",
    "signals/segments/new/",
    "signals/imports/",
    "signals/imports/new/",
    "settings/",
    "settings/people/",
    "settings/keys/",
    "activities/",
    "exports/",
    "exports/files/",
    "exports/sql/",
    "exports/arrivals/",
)
PAGES_OF_TRUST = (
    "customers/{customer}/consents/",
    "signals/rights/people/{customer}/",
    "customers/companies/",
    "customers/duplicates/",
    "customers/recognition/",
    "signals/rights/",
    "signals/rights/rules/",
    "signals/quality/",
    "signals/rules/",
    "signals/rules/1/",
    "signals/names/1/",
    "integrations/",
    "journeys/gaps/",
    "journeys/personas/",
    "journeys/import/",
    "journeys/1/versions/",
    "insights/",
    "insights/1/",
    "improvements/?view=matrix",
    "improvements/1/",
)
PAGES_OF_MAPS = (
    "journeys/?view=tree",
    "journeys/?view=cards",
    "journeys/changes/",
    "journeys/personas/1/",
    "journeys/personas/1/edit/",
    "journeys/1/?persona=1",
    "journeys/1/personas/",
    "journeys/1/moments/",
    "journeys/1/handoffs/",
    "journeys/1/access/",
    "journeys/1/place/",
    "journeys/phases/1/",
    "journeys/1/phases/write/",
    "journeys/1/export/",
    "journeys/cards/1/",
    "insights/new/",
    "improvements/",
)
# What opens over a page: the page, what is pressed there, what is then on top.
CARD = "#living .card[data-card] a.open:visible"
LAYERS = (
    ("journeys/1/", "", "Control+k", "#palette[open]"),
    ("journeys/1/", "", "?", "#shortcuts[open]"),
    ("journeys/1/?view=blueprint", CARD, "m", "#cardmenu:popover-open"),
    ("journeys/1/?view=blueprint", CARD, "Enter", ".card.editing"),
    ("journeys/1/?view=blueprint", CARD, "p", "#peek:not([hidden]):has(h2)"),
    ("journeys/1/", ".k-step a.open:visible", "m", "#cardmenu:popover-open"),
    ("settings/keys/", "[popovertarget]:visible", "Enter", ":popover-open"),
    ("signals/segments/", "main [popovertarget]:visible", "Enter", ":popover-open"),
)
OPEN_TO_ALL = ("/account/login/", "/account/password/reset/", "/there-is-nothing/")
# Two frames, and the transitions of colours, which without motion are short but are not nothing.
DRAWN_AGAIN = """new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))).then(() =>
    Promise.allSettled(document.getAnimations()
        .filter(each => each.effect.getComputedTiming().endTime < 1000).map(each => each.finished)))"""
WIDER_THAN_THE_WINDOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def problems(chromium: str, demo: dict, width: int, height: int) -> list[str]:
    """What is wrong with all the pages in a window of that size."""
    from playwright.sync_api import sync_playwright

    told: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
        page.set_default_timeout(30_000)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(f"{page.url} {error}"))
        page.on(
            "console",
            lambda said: (
                said.type == "error"
                and "status of 404" not in said.text
                and page.errors.append(f"{page.url} {said.text}")
            ),
        )
        site = demo["open"].rsplit("/", 2)[0]
        for address in OPEN_TO_ALL:
            told += problems_of(page, site + address)
        sign_in(page, demo)
        for path in PAGES:
            told += problems_of(page, demo["open"] + path)
        customer = somebody(page, demo)
        for path in PAGES_OF_TRUST:
            told += problems_of(page, demo["open"] + path.format(customer=customer))
        for path in PAGES_OF_MAPS:
            told += problems_of(page, demo["open"] + path)
        for path, where, key, layer in LAYERS:
            told += problems_of_layer(page, demo["open"] + path, where, key, layer)
        told += page.errors
        browser.close()
    return told


def somebody(page, demo) -> str:
    """The number of the first customer on the list."""
    page.goto(f"{demo['open']}customers/")
    address = page.locator("tbody a").first.get_attribute("href")
    return address.rstrip("/").rsplit("/", 1)[1]


def problems_of(page, address: str) -> list[str]:
    """What is wrong with one page: rules it breaks, and a window it does not fit into."""
    page.emulate_media(color_scheme="light")
    page.goto(address)
    told = [*rules_broken(page), *rules_broken_in_the_dark(page)]
    if (over := page.evaluate(WIDER_THAN_THE_WINDOW)) > 0:
        told.append(f"{address} is {over} px wider than the window")
    if page.get_by_role("heading", level=1).count() != 1:
        told.append(f"{address} has no single heading of level 1")
    return told


def problems_of_layer(page, address: str, where: str, key: str, layer: str) -> list[str]:
    """What is wrong with what opens over a page: rules that it breaks, in either theme."""
    page.emulate_media(color_scheme="light")
    page.goto(address)
    if "journeys/1/" in address:
        page.locator("#live[data-state=on]").wait_for()  # the editor is there
    if where:
        page.locator(where).first.focus()
    page.keyboard.press(key)
    page.locator(layer).first.wait_for()
    told = [*rules_broken(page, within=layer), *rules_broken_in_the_dark(page, within=layer)]
    return [f"With {layer}: {each}" for each in told]


def rules_broken(page, **what) -> list[str]:
    try:
        assert_accessible(page, **what)
    except AssertionError as error:
        return [str(error)]
    return []


def rules_broken_in_the_dark(page, **what) -> list[str]:
    """The other theme changes colours and nothing else, at once without motion: only their rule is asked."""
    page.emulate_media(color_scheme="dark")
    page.evaluate(DRAWN_AGAIN)
    return [f"In the dark: {told}" for told in rules_broken(page, only="color-contrast", **what)]
