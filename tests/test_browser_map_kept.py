"""No text is lost: the server is killed, the network goes, two write in one cell, a right is lost."""

import pytest

from .on_a_map import Pane, Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    yield server
    if server.process.poll() is None:
        server.kill()


def test_nothing_that_was_written_is_lost(browser, server):
    maya, omar = Pane(browser, server, "Maya"), Pane(browser, server, "Omar")

    two_write_in_one_cell(maya, omar)
    the_next_is_begun_while_the_last_is_saved(maya)
    the_network_goes_and_comes(omar)
    the_server_is_killed_in_the_middle(server, maya, omar)
    the_right_is_lost_while_editing(maya, omar)


def two_write_in_one_cell(maya, omar):
    maya.rewrite("The slot is too late", "Hers")
    omar.rewrite("The slot is too late", "His")
    maya.save()
    maya.card("Hers").wait_for()
    omar.save()
    omar.is_told("Somebody changed this card")
    omar.still_writes("His")
    omar.save()  # again, knowing what she wrote
    maya.card("His").wait_for()


def the_next_is_begun_while_the_last_is_saved(maya):
    """The answer to the first closes nothing that is being written; what fails comes back after it."""
    adding, held = "**/cards/add/", []
    maya.page.route(adding, lambda route: held.append(route))
    maya.write_new("First of two")
    maya.save()
    maya.write_new("Second of two", step=2)
    held.pop().continue_()
    maya.card("First of two").locator("a.open").wait_for()
    maya.still_writes("Second of two")
    maya.page.unroute(adding)
    maya.page.route(adding, lambda route: held.append(route), times=1)
    maya.save()
    maya.write_new("Third", step=1)
    held.pop().abort()
    maya.is_told("could not be reached")
    maya.save()
    maya.card("Third").locator("a.open").wait_for()
    maya.still_writes("Second of two")
    maya.save()
    maya.card("Second of two").locator("a.open").wait_for()


def the_network_goes_and_comes(omar):
    omar.page.context.set_offline(True)
    omar.write_new("Written on the train")
    omar.save()
    omar.is_told("could not be reached")
    omar.still_writes("Written on the train")
    omar.page.context.set_offline(False)
    omar.save()
    omar.card("Written on the train").wait_for()


def the_server_is_killed_in_the_middle(server, maya, omar):
    maya.write_new("Saved just before")
    maya.save()
    maya.card("Saved just before").locator("a.open").wait_for()
    omar.write_new("Written while it died")
    omar.has_read()
    server.kill()
    omar.save()
    omar.is_told("could not be reached")
    omar.still_writes("Written while it died")
    server.start()
    omar.save()
    omar.card("Written while it died").locator("a.open").wait_for()
    maya.open()
    for words in ("His", "Written on the train", "Saved just before", "Written while it died"):
        assert maya.card(words).count() == 1


def the_right_is_lost_while_editing(maya, omar):
    """First the right to change the map, then the right to see it; the words stay and can be copied."""
    omar.rewrite("Written on the train", "Nobody else has this thought")
    maya.lets(Omar="May see")
    omar.save()
    omar.is_told("You may no longer change this map")
    omar.still_writes("Nobody else has this thought")
    maya.lets(Omar="Not at all")
    omar.page.locator("#live[data-state=over]").wait_for()  # also when his stream was just coming back
    omar.is_told("What you were writing is still there")
    omar.page.locator("h1").click()  # leaves the editor without sending, and without losing it
    omar.save()
    omar.is_told("you may no longer see it")
    omar.still_writes("Nobody else has this thought")
    omar.box.press("Control+A")
    omar.box.press("Control+C")
    assert omar.page.evaluate("navigator.clipboard.readText()") == "Nobody else has this thought"
