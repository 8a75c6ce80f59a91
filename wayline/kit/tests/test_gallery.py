import pytest
from axe_playwright_python.sync_playwright import Axe

from wayline.kit.tests import browser, gallery

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def html():
    return gallery.page()


@pytest.fixture(scope="module")
def chromium():
    with browser.chromium() as running:
        yield running


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_every_component_and_chart_is_accessible(chromium, html, width, dark):
    with browser.opened(chromium, html, width=width, dark=dark) as page:
        found = Axe().run(page).response["violations"]

    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.parametrize("width", [320, 704, 960, 1920])
def test_the_page_never_scrolls_sideways(chromium, html, width):
    with browser.opened(chromium, html, width=width) as page:
        assert browser.sideways_scroll(page) == 0


def test_everything_is_there_without_scripts(chromium, html):
    with browser.opened(chromium, html, scripts=False) as page:
        assert page.locator(".curve .pt").count() == 13
        assert page.locator(".plot .linep").is_visible()
        page.get_by_role("button", name="Forget customer").click()
        assert page.get_by_role("dialog").get_by_role("button", name="Forget").is_visible()


def test_arrow_keys_read_the_trend_aloud(chromium, html):
    with browser.opened(chromium, html) as page:
        page.locator(".plot").first.focus()
        page.keyboard.press("ArrowLeft")

        assert (
            page.get_by_role("status").filter(has_text="Week 45").inner_text()
            == "Week 45: 24 (17 to 31), n 185"
        )


def test_the_theme_switch_is_remembered(chromium, html):
    with browser.opened(chromium, html) as page:
        page.get_by_role("button", name="Switch between light and dark").click()

        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert "theme=dark" in page.evaluate("document.cookie")


def test_question_mark_lists_the_shortcuts_and_single_letters_can_be_switched_off(chromium, html):
    with browser.opened(chromium, html) as page:
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
        dialog.get_by_label("Use single letters as shortcuts").uncheck()
        dialog.get_by_role("button", name="Close").click()
        page.keyboard.press("/")

        assert page.locator("dialog[open]").count() == 0


def test_words_of_another_direction_are_read_in_their_own(chromium, html):
    written = "<p class=voice>\u0648\u0635\u0644.</p><h2>\u0648\u0635\u0644</h2>"
    with browser.opened(chromium, html) as page:
        first, last, title, heading = page.evaluate(
            """written => {
                document.body.insertAdjacentHTML("afterbegin", written);
                const [words, title] = document.body.children;
                const left = (node, from, to) => {
                    const range = document.createRange();
                    range.setStart(node, from);
                    range.setEnd(node, to);
                    return range.getBoundingClientRect().left;
                };
                const text = words.firstChild;
                return [left(text, 0, 1), left(text, 3, 4), left(title.firstChild, 0, 3),
                    title.getBoundingClientRect().left];
            }""",
            written,
        )

    assert last < first, "the full stop stands where an Arabic sentence ends"
    assert title - heading < 2, "a title stays where the page begins"
