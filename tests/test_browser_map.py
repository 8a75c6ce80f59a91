"""Two people on one map, each in a browser of their own, against a real server."""

import pytest

from .browser import assert_accessible, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Pane:
    """One person's browser on the map."""

    def __init__(self, browser, demo, map_address: str):
        self.page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        self.page.set_default_timeout(15_000)
        self.page.errors = []
        self.page.on("pageerror", lambda error: self.page.errors.append(str(error)))
        sign_in(self.page, demo)
        self.page.goto(map_address)
        self.page.locator("#live[data-state=on]").wait_for()

    def cell(self, step: int, lane: str = "pain"):
        return self.page.locator(f"ul.cell[data-lane={lane}][data-n='{step}']")

    def card(self, words: str):
        return self.page.locator(".map .card", has_text=words)

    def sees(self, words: str, step: int, lane: str = "pain") -> None:
        self.cell(step, lane).locator(".card", has_text=words).wait_for()

    def add(self, words: str, step: int) -> None:
        cell = self.cell(step)
        cell.scroll_into_view_if_needed()
        cell.locator("xpath=..").hover()
        cell.locator("xpath=..").locator(".add").click()
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")
        self.sees(words, step)

    def focus(self, words: str) -> None:
        self.card(words).locator("a.open").focus()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self) -> str:
        return self.page.evaluate("document.activeElement.textContent.trim()")

    def take(self, words: str):
        """Lift a card, and hold it: what came in just before may still be moving it."""
        card = self.card(words)
        card.evaluate("card => card.scrollIntoView({block: 'center'})")
        card.hover(position={"x": 30, "y": 10})
        box = card.bounding_box()
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 60, box["y"] + 16, steps=4)
        self.page.locator("journey-map[data-holding]").wait_for()

    def carry_to(self, step: int) -> None:
        """Carry what is held over a cell until the cell makes room for it."""
        ghost = self.cell(step).locator(".sortable-ghost")
        for share in (0.5, 0.3, 0.8, 0.5, 0.3, 0.8):
            box = self.cell(step).bounding_box()
            self.page.mouse.move(box["x"] + 40, box["y"] + box["height"] * share, steps=12)
            self.page.wait_for_timeout(200)  # the cards move aside
            if ghost.count():
                return
        raise AssertionError(f"Step {step} makes no room for the card in the hand.")


def test_two_people_edit_one_map(browser, demo):
    map_address = demo["open"] + "journeys/1/"
    maya, omar = Pane(browser, demo, map_address), Pane(browser, demo, map_address)

    what_one_writes_the_other_sees(maya, omar)
    cards_are_dragged_and_undone(maya, omar)
    cards_are_moved_by_keyboard_and_menu(maya, omar)
    half_written_words_survive(maya, omar)
    messages_wait_for_the_hand(maya, omar)
    feelings_are_set_by_keyboard(maya, omar)
    what_was_missed_comes_after_the_break(maya, omar)
    a_panel_opens_and_is_discussed(maya, omar)
    phases_and_steps_are_made_on_the_map(maya, omar)

    assert maya.page.errors == []
    assert omar.page.errors == []


def what_one_writes_the_other_sees(maya, omar):
    maya.add("Nobody tells me what comes next", 3)
    omar.sees("Nobody tells me what comes next", 3)
    assert maya.focused() == "Nobody tells me what comes next"
    maya.add("I wait for a key", 4)
    omar.sees("I wait for a key", 4)
    omar.page.locator(".cell[data-who]").wait_for()


def cards_are_dragged_and_undone(maya, omar):
    maya.take("Nobody tells me")
    maya.carry_to(4)
    maya.page.mouse.up()
    omar.sees("Nobody tells me", 4)
    maya.page.locator("#toasts .toast", has_text="Moved").last.wait_for()
    maya.page.locator("h1").click()
    maya.press("z")
    omar.sees("Nobody tells me", 3)
    maya.press("Shift+Z")
    omar.sees("Nobody tells me", 4)
    maya.press("z")
    omar.sees("Nobody tells me", 3)


def cards_are_moved_by_keyboard_and_menu(maya, omar):
    omar.focus("I wait for a key")
    omar.press(" ")
    assert "lifted" in omar.page.locator("#say").inner_text()
    omar.press("ArrowRight", " ")
    maya.sees("I wait for a key", 5)
    omar.page.wait_for_function("document.activeElement.textContent.includes('I wait for a key')")
    omar.press("m")
    omar.page.locator("#cardmenu button", has_text="step 4").click()
    maya.sees("I wait for a key", 4)


def half_written_words_survive(maya, omar):
    maya.card("I wait for a key").dblclick()
    box = maya.page.locator(".card textarea")
    box.fill("I wait for a key for a whole day")
    omar.focus("I wait for a key")
    omar.press("m")
    omar.page.locator("#cardmenu button", has_text="step 5").click()
    omar.sees("I wait for a key", 5)
    maya.cell(5).locator(".card textarea").wait_for()
    assert box.input_value() == "I wait for a key for a whole day"
    box.press("Enter")
    omar.sees("for a whole day", 5)
    maya.page.wait_for_function("document.activeElement.textContent.includes('for a whole day')")
    assert maya.page.locator(".card textarea").count() == 0


def messages_wait_for_the_hand(maya, omar):
    maya.take("Nobody tells me")
    omar.focus("for a whole day")
    omar.press("m")
    omar.page.locator("#cardmenu button", has_text="step 4").click()
    omar.sees("for a whole day", 4)
    maya.page.wait_for_timeout(300)
    assert maya.cell(4).locator(".card", has_text="for a whole day").count() == 0
    maya.carry_to(3)
    maya.page.mouse.up()
    maya.sees("for a whole day", 4)


def feelings_are_set_by_keyboard(maya, omar):
    handle = maya.page.locator("[data-feeling]").first
    before = float(handle.get_attribute("aria-valuenow"))
    handle.focus()
    maya.press("ArrowDown", "ArrowDown")
    omar.page.wait_for_function(
        "v => Math.abs(document.querySelector('[data-feeling]').getAttribute('aria-valuenow') - v) < .01",
        arg=before - 0.2,
    )


def what_was_missed_comes_after_the_break(maya, omar):
    maya.page.context.set_offline(True)
    maya.page.evaluate("document.querySelector('journey-map').stream.close()")
    omar.add("This came while you were away", 6)
    maya.page.context.set_offline(False)
    maya.page.evaluate("document.querySelector('journey-map').stream.open()")
    maya.sees("This came while you were away", 6)


def a_panel_opens_and_is_discussed(maya, omar):
    maya.focus("Nobody tells me")
    maya.press("p")
    maya.page.locator("#peek h2", has_text="Nobody tells me").wait_for()
    maya.page.get_by_placeholder("Ask or remark").fill("Is this so?")
    maya.page.get_by_role("button", name="Comment").click()
    maya.page.locator("#peek .talk", has_text="Is this so?").wait_for()
    omar.card("Nobody tells me").locator("small", has_text="1").wait_for()
    # The open panel lies over numbers of the map, so their size is measured when it is closed again.
    assert_accessible(maya.page, without=("target-size",))
    maya.press("Escape")
    maya.page.locator("#peek h2").wait_for(state="hidden")
    maya.page.evaluate("scrollTo(0, 0)")  # the bar that stays on top lies over nothing then
    assert_accessible(maya.page)


def phases_and_steps_are_made_on_the_map(maya, omar):
    maya.page.keyboard.press("Escape")
    menu = maya.page.locator("#cardmenu button")
    maya.page.locator("[data-phase-menu]").first.press("Enter")
    menu.filter(has_text="Add a phase after it").click()
    maya.page.locator("#peek #phase-name").fill("Wonder")
    maya.press("Enter")
    omar.page.locator("th.stage", has_text="Wonder").wait_for()
    maya.page.locator("th.stage", has_text="Wonder").locator("[data-phase-menu]").press("Enter")
    menu.filter(has_text="Add a step").click()
    maya.page.keyboard.type("I ask a friend")
    maya.press("Enter")
    omar.page.locator(".k-step", has_text="I ask a friend").wait_for()
    maya.page.wait_for_function("document.activeElement.textContent.includes('I ask a friend')")
    an_empty_cell_is_reached_by_keyboard(maya, omar)
    for _ in range(3):
        maya.page.locator("#toasts .toast [data-undo], .maptools [data-undo]").first.click()
    omar.page.locator("th.stage", has_text="Wonder").wait_for(state="detached")


def an_empty_cell_is_reached_by_keyboard(maya, omar):
    while "Add to Pain points" not in (maya.page.evaluate("document.activeElement.ariaLabel") or ""):
        maya.press("ArrowDown")
    maya.press("Enter")
    maya.page.keyboard.type("Nobody knows")
    maya.press("Enter")
    omar.page.locator(".card", has_text="Nobody knows").wait_for()
    assert maya.page.locator("#toasts [data-undo]").count() == 1, "an older one would undo something else"
