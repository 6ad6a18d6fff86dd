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
