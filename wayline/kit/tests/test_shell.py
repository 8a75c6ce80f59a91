import re
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory

import wayline
from wayline.kit.tests import gallery

PACKAGE = Path(wayline.__file__).parent


def test_links_that_do_not_exist_yet_are_left_out():
    navigation = (("Settings", (("nowhere:index", "Nowhere", "map"),)),)

    html = gallery.page(navigation=navigation)

    assert "Nowhere" not in html
    assert "Settings</h2>" not in html


def test_the_theme_is_the_one_the_person_chose():
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    request.COOKIES["theme"] = "dark"
    assert 'data-theme="dark"' in render_to_string("404.html", {}, request)

    request.COOKIES["theme"] = '"><script>'
    assert 'data-theme="' not in render_to_string("404.html", {}, request)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500])
def test_error_pages_say_what_to_do_and_show_the_request(status):
    request = RequestFactory().get("/")
    request.user, request.id = AnonymousUser(), "5f1c"

    html = render_to_string(f"{status}.html", {"sentence": "The map is locked."}, request)

    assert "<code>5f1c</code>" in html
    assert re.search(r"<h1>[^<]{8,}</h1>", html)


def test_the_page_for_a_broken_server_needs_no_request():
    assert "broke on our side" in render_to_string("500.html")


def test_a_forbidden_page_says_who_can_grant_it():
    html = render_to_string("403.html", {"exception": "This needs the role manager; an owner can give it."})

    assert "an owner can give it" in html


def test_every_icon_a_template_names_is_in_the_sprite():
    sprite = (PACKAGE / "kit/static/kit/icons.svg").read_text()
    known = set(re.findall(r'symbol id="([^"]+)"', sprite))
    named = {
        (name, path.name)
        for path in PACKAGE.rglob("*.html")
        for name in re.findall(r"""{% icon ["']([^"']+)["']""", path.read_text())
        + re.findall(r"""<c-[a-z.]+[^>]* icon="([a-z0-9-]+)\"""", path.read_text())
    }

    assert {(name, file) for name, file in named if name not in known} == set()


def test_styles_and_scripts_stay_small():
    styles = (PACKAGE / "kit/static/kit/css").glob("*.css")
    scripts = (PACKAGE / "kit/static/kit/js").glob("*.js")

    long = [path.name for path in styles if len(path.read_text().splitlines()) > 150]
    long += [path.name for path in scripts if len(path.read_text().splitlines()) > 120]

    assert long == []


def test_the_style_sheet_lists_every_file():
    folder = PACKAGE / "kit/static/kit/css"
    listed = re.findall(r'url\("([^"]+)"\)', (folder / "app.css").read_text())

    assert sorted(listed) == sorted(path.name for path in folder.glob("*.css") if path.name != "app.css")


def test_every_script_has_its_letters():
    folder = PACKAGE / "kit/static/kit"
    named = re.findall(
        r'url\("\.\./fonts/([^"]+)"\).*?unicode-range: ([^;]+);', (folder / "css/fonts.css").read_text()
    )
    letters = {"ż": "latin-ext", "Ж": "cyrillic", "Ω": "greek", "ế": "vietnamese", "é": "latin"}

    assert sorted(file for file, _ in named) == sorted(
        path.name for path in (folder / "fonts").glob("*.woff2")
    )
    for letter, script in letters.items():
        files = [file for file, ranges in named if holds(ranges, letter)]
        assert files == [f"inter-{script}-wght-normal.woff2", f"source-serif-4-{script}-wght-normal.woff2"]


def holds(ranges: str, letter: str) -> bool:
    ends = (part.strip().removeprefix("U+").partition("-")[::2] for part in ranges.split(","))
    return any(int(low, 16) <= ord(letter) <= int(high or low, 16) for low, high in ends)


def test_colors_live_only_among_the_tokens():
    raw = re.compile(r"#[0-9a-f]{3,8}\b|oklch\(|rgba?\(", re.IGNORECASE)
    found = [
        (path.name, line.strip())
        for path in (PACKAGE / "kit/static/kit/css").glob("*.css")
        if path.name != "tokens.css"
        for line in path.read_text().splitlines()
        if raw.search(line) and "url(" not in line
    ]

    assert [line for _, line in found] == ["background: #fff; /* cameras need white */"]
