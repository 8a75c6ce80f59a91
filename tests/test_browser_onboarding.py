"""A map of the onboarding from a template and the signals there are, as a journey manager makes it."""

import re

import pytest

from .browser import QUIET, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PERSONA = "Theo, on a business plan"
SECONDS_A_CLICK, WORDS_A_MINUTE, LETTERS_A_WORD = 3, 40, 5


class Hand:
    """One person at the pointer and the keyboard; what they do is counted."""

    def __init__(self, page):
        self.page, self.clicks, self.keys = page, 0, 0

    def click(self, role: str, name: str, within=None) -> None:
        (within or self.page).get_by_role(role, name=name, exact=True).first.click()
        self.clicks += 1
        self.page.wait_for_load_state()

    def open(self, found) -> None:
        found.first.click()
        self.clicks += 1
        self.page.wait_for_load_state()

    def write(self, field, words: str) -> None:
        field.fill(words)
        self.clicks += 1
        self.keys += len(words)

    def choose(self, field, label: str) -> None:
        field.select_option(label=label)
        self.clicks += 2

    @property
    def seconds(self) -> float:
        return self.clicks * SECONDS_A_CLICK + self.keys / LETTERS_A_WORD / WORDS_A_MINUTE * 60


@pytest.fixture
def hand(chromium, demo):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(60_000)
        sign_in(page, demo)
        yield Hand(page)
        browser.close()


def test_a_map_is_made_from_a_template_and_the_signals_in_minutes(hand):
    begins_with_the_template(hand)
    looks_at_what_a_step_is_bound_to(hand)
    sees_who_is_lost_and_what_decides(hand)
    adds_a_persona(hand)
    puts_it_into_a_lifecycle(hand)
    address = shares_it(hand)

    assert hand.clicks <= 30
    assert hand.seconds < 120
    reads_without_an_account(hand, address)


def begins_with_the_template(hand):
    hand.click("link", "Journeys")
    hand.click("link", "New journey")
    hand.click("button", "Start with SaaS onboarding")
    hand.page.get_by_text("complete it").first.wait_for()


def looks_at_what_a_step_is_bound_to(hand):
    hand.open(hand.page.locator(".map .card a.open", has_text="I connect my data"))
    hand.click("link", "Change the binding")
    hand.click("button", "Preview")
    assert re.search(r"\d signals of", hand.page.locator(".matchcount").inner_text())
    hand.click("button", "Save binding")


def sees_who_is_lost_and_what_decides(hand):
    hand.open(hand.page.locator(".map a[href*='connect-data'][href*='dropped']"))
    hand.page.get_by_role("heading", name=re.compile("were lost at “I connect my data”")).wait_for()
    hand.page.go_back()
    hand.clicks += 1
    hand.click("link", "Moments")
    assert hand.page.locator("#living h3", has_text="I connect my data").count()


def adds_a_persona(hand):
    hand.click("link", "Personas", within=hand.page.get_by_label("Pages of this journey"))
    hand.click("link", "New persona")
    hand.write(hand.page.get_by_label("Name", exact=True), PERSONA)
    hand.choose(hand.page.get_by_label("Segment"), "Plan business")
    hand.open(hand.page.get_by_role("button", name="Save"))
    hand.page.get_by_text("Share of customers").wait_for()
    hand.open(hand.page.get_by_role("main").get_by_role("link", name="I get value from my new software"))


def puts_it_into_a_lifecycle(hand):
    map_address = hand.page.url
    hand.click("link", "Journeys")
    hand.click("link", "New journey")
    hand.write(hand.page.get_by_placeholder("I …"), "I am a customer of Northwind")
    hand.click("button", "Create")
    hand.page.goto(map_address)
    hand.clicks += 2  # by the library
    hand.click("link", "Place")
    row = hand.page.locator("li", has_text="I am a customer of Northwind")
    hand.open(row.get_by_role("button", name="Put it in").first)
    hand.page.get_by_role("button", name="Take it out").wait_for()


def shares_it(hand) -> str:
    hand.click("link", "Map")
    hand.click("link", "Share")
    hand.click("button", "Make link")
    return hand.page.locator("copy-text input").first.input_value()


def reads_without_an_account(hand, address: str):
    stranger = hand.page.context.browser.new_context().new_page()
    assert stranger.goto(address).status == 200
    assert stranger.get_by_role("heading", level=1).inner_text() == "I get value from my new software"
    assert stranger.locator("[data-may-edit], form[method=post]").count() == 0
