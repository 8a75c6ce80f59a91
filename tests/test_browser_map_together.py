"""Several people on one map, each in a browser of their own: everything that working together promises."""

import sqlite3
import statistics
from datetime import date, timedelta

import pytest

from .browser import assert_accessible
from .on_a_map import Pane, Post, Server, other_site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WALKS = 10
CLOCK = "performance.timeOrigin + performance.now()"
# Notes in the other browser when the card stands in a cell, by a clock that both share.
WATCH = f"""
([card, cell]) => {{
  const stands = () => document.querySelector(`[id="${{cell}}"] > [id="${{card}}"]`);
  window.stood = new Promise((resolve) => {{
    const look = () => stands() && (watcher.disconnect(), resolve({CLOCK}));
    const watcher = new MutationObserver(look);
    watcher.observe(document.body, {{ childList: true, subtree: true }});
  }});
}}
"""
# The moment a change is given to the server: when the map's script sends it.
NOTE_SENDING = f"""
() => {{
  const ask = window.fetch;
  window.fetch = (address, given) => {{
    if (given?.method === "POST" && !String(address).includes("presence")) window.sentAt = {CLOCK};
    return ask(address, given);
  }};
}}
"""


@pytest.fixture
def post():
    post = Post()
    post.start()
    yield post
    post.listening.close()


@pytest.fixture
def server(tmp_path, post):
    server = Server(tmp_path, **post.settings)
    yield server
    server.kill()


def test_a_team_works_on_one_map(browser, server, post):
    maya, omar, noor = (Pane(browser, server, name) for name in ("Maya", "Omar", "Noor"))

    each_sees_who_else_is_there_and_where(maya, omar)
    a_change_is_on_the_other_screens(maya, omar)
    a_conflict_is_answered_with_the_true_cell(maya, omar)
    a_viewer_sees_it_live_and_changes_nothing(maya, noor)
    everything_can_be_discussed(maya, omar, noor)
    who_is_mentioned_hears_of_it(omar, post)
    discussions_are_resolved_and_taken_up_again(maya, omar)
    a_link_opens_one_map_and_nothing_else(browser, server, maya)
    a_map_stands_in_other_sites_only_when_it_may(browser, maya)
    a_map_is_presented_by_keyboard(noor)
    without_a_seat_nothing_more_is_heard(maya, omar, noor)

    assert [pane.page.errors for pane in (maya, omar, noor)] == [[], [], []]


def each_sees_who_else_is_there_and_where(maya, omar):
    avatar = maya.page.locator("#who .av[aria-label=Omar]")
    avatar.wait_for()
    omar.focus("The slot is too late")
    omar.press("ArrowUp", "ArrowDown")
    cell = maya.page.locator("ul.cell[data-lane=pain][data-who=Omar]")
    cell.wait_for()
    assert cell.get_attribute("data-p") == avatar.get_attribute("data-p")
    assert cell.get_attribute("data-n") == "1"
    omar.page.goto("about:blank")
    avatar.wait_for(state="detached")
    assert maya.page.locator(".cell[data-who=Omar]").count() == 0
    omar.open()
    avatar.wait_for()


def a_change_is_on_the_other_screens(maya, omar):
    maya.page.evaluate(NOTE_SENDING)
    taken = [seconds_to_the_other_screen(maya, omar, turn) for turn in range(WALKS)]
    taken.sort()
    print(f"from one screen to the other, ms: {', '.join(f'{each:.0f}' for each in taken)}")
    print(f"median {statistics.median(taken):.0f}, slowest {taken[-1]:.0f}")


def seconds_to_the_other_screen(maya, omar, turn: int) -> float:
    to = 2 - turn % 2
    card = maya.card("The slot is too late").get_attribute("id")
    cell = omar.cell(to).get_attribute("id")
    omar.page.evaluate(WATCH, [card, cell])
    maya.focus("The slot is too late")
    maya.press(" ", "ArrowRight" if to == 2 else "ArrowLeft", " ")
    stood = omar.page.evaluate("window.stood")
    maya.sees("The slot is too late", to)
    maya.page.wait_for_function("!document.querySelector('.lifted')")
    return stood - maya.page.evaluate("window.sentAt")


def a_conflict_is_answered_with_the_true_cell(maya, omar):
    """He holds the card while she moves it: his move is refused, and his map shows where it is."""
    omar.focus("The slot is too late")
    omar.press(" ", "ArrowRight")
    maya.focus("The slot is too late")
    maya.press(" ", "ArrowRight", "ArrowRight", " ")
    maya.sees("The slot is too late", 3)
    omar.press(" ")
    omar.is_told("Somebody changed this card")
    omar.has_read()
    omar.sees("The slot is too late", 3)
    assert omar.card("The slot is too late").count() == 1
    omar.rewrite("The slot is too late", "His words")
    maya.rewrite("The slot is too late", "Her words")
    maya.save()
    maya.card("Her words").locator("a.open").wait_for()
    omar.save()
    omar.is_told("Somebody changed this card")
    omar.still_writes("His words")
    omar.press("Escape")
    omar.box.wait_for(state="detached")
    omar.sees("Her words", 3)


def a_viewer_sees_it_live_and_changes_nothing(maya, noor):
    maya.write_new("Written for all to see", 2)
    maya.save()
    noor.sees("Written for all to see", 2)
    noor.focus("Written for all to see")
    noor.press(" ", "n", "m", "x", "z")
    assert noor.page.locator("textarea:visible, .lifted, .picked, #cardmenu:visible").count() == 0
    for address in ("undo/", "cards/add/", "../cards/1/move/", "../cards/1/rename/", "cards/paste/"):
        assert status_of(noor, address) == 403
    assert noor.page.request.get(f"{noor.map}shares/").status == 403


def status_of(pane, address: str) -> int:
    """What the server answers when this person's browser sends a change anyway."""
    return pane.page.evaluate(
        """address => fetch(address, {
            method: "POST",
            body: new URLSearchParams({ title: "Mine", step: 1 }),
            headers: { "HX-Request": "true", "X-CSRFToken": document.body.dataset.csrf },
        }).then(({ status }) => status)""",
        address,
    )


def everything_can_be_discussed(maya, omar, noor):
    """On a phase, a lane, a step, a card and the whole map; the number is on the other screens."""
    comment(maya, maya.page.get_by_role("link", name="Discuss Order"), "Is this one phase? @Noor")
    comment(maya, maya.page.get_by_role("link", name="Discuss Pain points"), "Who keeps this lane?")
    comment(maya, maya.page.locator("#step-order-shipped a.open"), "Too long, @Omar")
    comment(noor, noor.page.locator(".card a.open", has_text="Her words"), "I heard this too")
    marks = {"phase-1": "1", "lane-pain": "1", "step-2": "1"}
    for mark, number in marks.items():
        omar.page.locator(f"#talks-{mark}", has_text=number).wait_for()
    omar.card("Her words").locator("small", has_text="1").wait_for()
    omar.page.locator("#talks-open", has_text="4").wait_for()
    noor.page.goto(f"{noor.map}discussions/")
    noor.page.get_by_label("About").select_option("journey:")
    noor.page.get_by_label("New discussion").fill("What is still missing?")
    noor.page.get_by_role("button", name="Comment", exact=True).click()
    noor.page.get_by_text("What is still missing?").wait_for()
    assert noor.page.locator("article.talk").count() == 5
    omar.page.locator("#talks-open", has_text="5").wait_for()
    noor.open()


def comment(pane, link, words: str) -> None:
    link.dispatch_event("click")
    panel = pane.page.locator("#peek")
    panel.get_by_label("New discussion").fill(words)
    panel.get_by_role("button", name="Comment", exact=True).click()
    panel.locator(".talk", has_text=words).wait_for()
    assert_accessible(pane.page, within="#peek")
    pane.press("Escape")
    panel.wait_for(state="hidden")


def who_is_mentioned_hears_of_it(omar, post):
    letter = post.letter_to("omar@northwind.test")
    assert letter["Subject"] == "Maya mentioned you: I order something"
    said = letter.get_payload(decode=True).decode()
    assert "Too long, @Omar" in said
    omar.page.goto(next(word for word in said.split() if word.startswith("http")))
    omar.page.locator(".talk:target", has_text="Too long").wait_for()
    omar.open()
    omar.page.get_by_role("link", name="Notices, 1 unread").click()
    omar.page.locator(".unread", has_text="Too long, @Omar").get_by_role("link").click()
    omar.page.locator(".talk:target", has_text="Too long").wait_for()
    assert post.letter_to("noor@northwind.test")["Subject"].startswith("Maya mentioned you")


def discussions_are_resolved_and_taken_up_again(maya, omar):
    talk = omar.page.locator(".talk", has_text="Too long, @Omar")
    talk.get_by_label("Answer").fill("It was the holidays")
    talk.get_by_role("button", name="Answer").click()
    talk.locator("li", has_text="It was the holidays").wait_for()
    talk.get_by_role("button", name="Resolve").click()
    talk.get_by_text("Resolved by Omar").wait_for()
    maya.page.wait_for_function("document.querySelector('#talks-step-2').textContent === ''")
    talk.get_by_role("button", name="Reopen").click()
    maya.page.locator("#talks-step-2", has_text="1").wait_for()
    maya.page.goto(f"{maya.map}../notices/")
    maya.page.locator(".unread", has_text="It was the holidays").wait_for()


def stranger(browser):
    """The page of somebody who has no account here."""
    page = browser.new_context().new_page()
    page.set_default_timeout(60_000)
    return page


def share(pane, **given) -> str:
    """Make a link on its page; its address."""
    pane.page.goto(f"{pane.map}shares/")
    for label, value in given.items():
        field = pane.page.get_by_label(label.replace("_", " "))
        if value is True:
            field.check()
        else:
            field.fill(value)
    pane.page.get_by_role("button", name="Make link").click()
    return pane.page.get_by_label(f"Address of {given['For_whom']}").input_value()


def a_link_opens_one_map_and_nothing_else(browser, server, maya):
    tomorrow = (date.today() + timedelta(days=1)).isoformat()
    address = share(maya, For_whom="The board", Password="only for you", Open_until=tomorrow)
    visitor = stranger(browser)
    answer = visitor.goto(address)
    assert "noindex" in answer.headers["x-robots-tag"]
    visitor.get_by_label("Password").fill("something else")
    visitor.get_by_role("button", name="Open the map").click()
    visitor.get_by_text("That is not the password").wait_for()
    visitor.get_by_label("Password").fill("only for you")
    visitor.get_by_role("button", name="Open the map").click()
    visitor.locator(".map .card", has_text="Her words").wait_for()
    assert visitor.locator("meta[name=robots]").get_attribute("content") == "noindex, nofollow, noarchive"
    assert visitor.locator("form, textarea, journey-map, .talkmark, a.open, .add, .more").count() == 0
    for path in ("stream/?tab=x&since=0", "", "discussions/", "shares/"):
        assert "/login/" in visitor.request.get(f"{maya.map}{path}").url
    with sqlite3.connect(server.home / "wayline.sqlite3") as rows:
        rows.execute("UPDATE journeys_share SET expires_at = '2026-01-01 00:00:00'")
    assert visitor.request.get(address).status == 404
    visitor.context.close()


def a_map_stands_in_other_sites_only_when_it_may(browser, maya):
    open_to_all = share(maya, For_whom="Our intranet", May_be_embedded=True)
    closed = share(maya, For_whom="Only here")
    visitor = stranger(browser)
    frames = "".join(
        f'<iframe src="{each}" width="900"></iframe>' for each in (open_to_all, closed, maya.map)
    )
    with other_site(frames) as intranet:
        visitor.goto(intranet)
    visitor.frame_locator("iframe >> nth=0").locator(".card", has_text="Her words").wait_for()
    assert "frame-ancestors *" in visitor.request.get(open_to_all).headers["content-security-policy"]
    refused = visitor.request.get(closed).headers
    assert "frame-ancestors 'none'" in refused["content-security-policy"]
    for number in (1, 2):
        assert visitor.frame_locator(f"iframe >> nth={number}").locator(".map").count() == 0
    visitor.context.close()


def a_map_is_presented_by_keyboard(noor):
    noor.page.get_by_role("link", name="Present").click()
    noor.page.locator("body.presenting").wait_for()
    here = noor.page.locator("thead .stage[data-here]")
    noor.press("ArrowRight")
    assert "Order" in here.inner_text()
    noor.press("ArrowRight", "ArrowRight")
    assert "After" in here.inner_text()
    noor.press("0")
    assert here.count() == 0
    noor.press("Escape")
    noor.page.locator("#live[data-state=on]").wait_for()


def without_a_seat_nothing_more_is_heard(maya, omar, noor):
    """The map is kept for her and a viewer: his open map falls silent, hers and the viewer's go on."""
    omar.open()
    before = omar.page.locator(".map").inner_text()
    maya.lets(Noor="May see")
    omar.page.locator("#live[data-state=over]").wait_for()
    omar.is_told("You may no longer read this map")
    maya.open()
    maya.write_new("Not for his eyes", 2)
    maya.save()
    noor.sees("Not for his eyes", 2)
    assert omar.page.locator(".map").inner_text() == before
    assert [status_of(omar, address) for address in ("presence/", "undo/", "discussions/")] == [404, 404, 404]
    assert omar.page.request.get(f"{omar.map}stream/?tab=x&since=0").status == 404
    assert [each.get_attribute("aria-label") for each in noor.page.locator("#who .av").all()] == [
        "Maya",
        "Noor",
    ]
