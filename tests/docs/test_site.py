"""The site builds without a warning, and asks nobody for anything."""

import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import WHY, launched, open_page, program

ROOT = Path(__file__).resolve().parents[2]
LOADS = {
    "link": "href",
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
}
PATIENCE = 580  # seconds; a quiet machine needs some forty
pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.timeout(PATIENCE + 20)]
OUTSIDE = re.compile(r"^(https?:)?//")


class Page(HTMLParser):
    """What a page loads, where its links lead, its places and its pictures."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.links, self.places, self.pictures = [], [], {""}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.places.add(found.get("id", ""))
        if tag in LOADS and found.get(LOADS[tag]):
            self.loads.append(found[LOADS[tag]])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag == "img":
            self.pictures.append(found)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `make docs` builds it."""
    pytest.importorskip("furo", reason="needs the packages of the group `site`")
    pytest.importorskip("myst_parser", reason="needs the packages of the group `site`")
    folder = tmp_path_factory.mktemp("site")
    words = [*strict(), ROOT / "docs", folder / "html"]
    child = subprocess.run(
        [sys.executable, "-m", "sphinx", *words],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, "PYTHONWARNDEFAULTENCODING": ""},
        timeout=PATIENCE,
    )
    assert child.returncode == 0, child.stderr
    assert child.stderr == ""
    return folder / "html"


def strict():
    """The words of `make docs`, but that what it remembers is kept elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "tools"))
        spec = importlib.util.spec_from_file_location("dev", ROOT / "tools" / "dev.py")
        dev = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(dev)
    assert {"-W", "-n"} <= {*dev.STRICT}
    return dev.STRICT[: dev.STRICT.index("-d")]


@pytest.fixture(scope="module")
def pages(site):
    """Each page by its path, read."""
    return {
        path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))
    }


def test_no_page_loads_anything_from_elsewhere(site, pages):
    assert len(pages) > 40
    for path, page in pages.items():
        assert not [one for one in page.loads if OUTSIDE.match(one)], path
    for sheet in site.rglob("*.css"):
        text = sheet.read_text("utf-8")
        assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//", text), sheet


def test_no_link_of_the_site_leads_nowhere(pages):
    assert [
        (path.name, link)
        for path, page in pages.items()
        for link in sorted({*page.links, *page.loads})
        if is_ours(link) and not leads_somewhere(link, path, pages)
    ] == []


def is_ours(link):
    return not urlsplit(link).scheme and not link.startswith("//")


def leads_somewhere(link, path, pages):
    """To a file of the site and, of a page, to a place in it."""
    parts = urlsplit(link)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target not in pages:
        return target.is_file()
    return unquote(parts.fragment) in pages[target].places


def test_every_picture_says_what_it_shows(pages):
    pictures = [one for page in pages.values() for one in page.pictures]
    assert len(pictures) >= 10
    assert [one for one in pictures if len(one.get("alt") or "") < 20] == []


def test_no_page_holds_a_place_of_this_machine(site):
    for path in site.rglob("*.html"):
        assert str(ROOT) not in path.read_text("utf-8"), path


@pytest.fixture(scope="module")
def chromium():
    """A real browser."""
    pytest.importorskip("playwright.sync_api", reason=WHY)
    pytest.importorskip("axe_playwright_python.sync_playwright", reason=WHY)
    if program() is None:
        pytest.skip(WHY)
    with launched() as held:
        yield held


LOOKED_AT = (
    "index.html",
    "how-to/own-data.html",
    "gallery.html",
    "reference/results.html",
    "validation.html",
)
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_has_no_serious_fault_for_anyone(chromium, site, name):
    from axe_playwright_python.sync_playwright import Axe

    for scheme, size in (("light", PHONE), ("light", DESK), ("dark", DESK)):
        look = {"color_scheme": scheme, "viewport": size}
        page = open_page(chromium, site / name, **look).page
        grave = [
            (one["id"], one["nodes"][0]["html"][:200])
            for one in Axe().run(page).response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert grave == [], (scheme, size)
        page.context.close()


def test_no_page_is_wider_than_a_phone(chromium, site, pages):
    opened = open_page(chromium, site / "index.html", viewport=PHONE)
    for path in pages:
        opened.page.goto(path.as_uri())
        wide = opened.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], path.name
    opened.page.context.close()


def test_the_search_finds_without_a_server(chromium, site):
    opened = open_page(chromium, site / "index.html", viewport=DESK)
    opened.page.goto((site / "search.html").as_uri() + "?q=censored")
    opened.page.wait_for_selector("#search-results li a", timeout=60_000)
    found = opened.page.locator("#search-results li a").all_inner_texts()
    assert "Glossary" in found
    assert opened.seen.errors == []
    assert [one for one in opened.seen.requests if not one.startswith("file:")] == []
    opened.page.context.close()


def test_the_keyboard_goes_to_the_text_the_search_and_the_pages(chromium, site):
    opened = open_page(chromium, site / "index.html", viewport=DESK)
    seen = []
    for _ in range(6):
        opened.page.keyboard.press("Tab")
        seen.append(
            opened.page.evaluate(
                "document.activeElement.innerText || document.activeElement.name"
            ).strip()
        )
    assert seen[0] == "Skip to content"
    assert seen[2] == "q"
    assert "Tutorial" in seen[3:]
    opened.page.context.close()
