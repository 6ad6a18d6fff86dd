"""The pages in a real browser: for everyone, by keyboard, and whatever names hold."""

import json
import subprocess
import sys
from urllib.parse import unquote, urldefrag

import pytest
from browser import WHY, launched, open_page, program

from migration.report.manifest import to_json
from migration.report.site import study_index, write_indexes
from migration.report.thumbnails import load_thumbnails
from migration.workspace import init_workspace

pytest.importorskip("playwright.sync_api", reason=WHY)
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=WHY)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.once,
    pytest.mark.timeout(600),
    pytest.mark.skipif(program() is None, reason=WHY),
]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
REPORTS = ("01_record", "04_migration")
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<svg onload=alert(3)></svg>",
    '"><iframe srcdoc="<script>alert(4)</script>"></iframe>',
    "</style></title><script>alert(5)</script>",
    "[a](javascript:alert(6)) ![b](https://example.org/b.png)",
    "<details open ontoggle=alert(7)>&lt;script&gt;alert(8)&lt;/script&gt;",
    "<a href=javascript:alert(9)>a</a><base href=//example.org><form action=//e>",
    "<style>body{background:url(//example.org/c)}</style>$$\\href{javascript:1}{a}$$",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(10)>",
)


@pytest.fixture(scope="module")
def browser():
    with launched() as held:
        yield held


@pytest.fixture(scope="module")
def folder(tmp_path_factory, sixty, record):
    """Two shipped reports, one of tables and text, and an index of sixty markets."""
    place = tmp_path_factory.mktemp("browser") / "work"
    init_workspace(place)
    told = [sys.executable, "-m", "migration", "report", "whatsapp-2021"]
    told += [part for name in REPORTS for part in ("--notebook", name)]
    done = subprocess.run(
        [*told, "--workspace", place],
        capture_output=True, encoding="utf-8", timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    reports = place / "reports"
    many = reports / "many"
    many.mkdir()
    images = _with_images(reports / "whatsapp-2021", sixty)
    failed = record("05_market--us", message="Broken", cell=4, market="US")
    text = study_index(sixty, [failed], thumbnails=images)
    (many / "index.html").write_text(text, encoding="utf-8")
    return reports


def _with_images(source, sixty):
    """The first figure of a report as that of each market."""
    manifest = json.loads((source / "01_record.manifest.json").read_bytes())
    own = {**manifest, "market": "WW"}
    (image,) = load_thumbnails(source, [own]).values()
    return {one["report"]: image for one in sixty}


@pytest.fixture(scope="module")
def pages(folder):
    own = [folder / "whatsapp-2021" / f"{name}.html" for name in (*REPORTS, "index")]
    return [*own, folder / "many" / "index.html", folder / "index.html"]


def _grave(page):
    """Violations that keep somebody out."""
    found = axe.Axe().run(page).response["violations"]
    return [
        (one["id"], one["impact"], one["nodes"][0]["html"][:200])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_fault_for_anyone(browser, pages, scheme):
    for path in pages:
        look = {"color_scheme": scheme, "bypass_csp": True, "viewport": DESK}
        opened = open_page(browser, path, **look)
        opened.page.evaluate("document.querySelectorAll('details').forEach("
                             "(one, at) => { one.open = at < 3 })")  # fmt: skip
        assert _grave(opened.page) == [], path.name
        opened.page.context.close()


def test_the_search_for_faults_finds_them(browser, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text("<html><body><img src='data:,'><p style='color:#ccc'>a", "utf-8")
    opened = open_page(browser, bad, bypass_csp=True)
    assert {"image-alt", "html-has-lang"} <= {one[0] for one in _grave(opened.page)}


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_page_is_wider_than_its_screen_and_none_complains(browser, pages, size):
    for path in pages:
        opened = open_page(browser, path, viewport=size)
        width = opened.page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], path.name
        assert opened.seen.errors == [], path.name
        assert opened.seen.requests == [opened.page.url], path.name
        opened.page.context.close()


def test_no_index_is_wider_than_a_sheet_of_paper(browser, pages):
    """A sheet of A4 between a browser's margins; a cut table cannot be scrolled."""
    for path in (one for one in pages if one.name == "index.html"):
        opened = open_page(browser, path, viewport={"width": 717, "height": 1000})
        opened.page.emulate_media(media="print")
        width = opened.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 717, path.parent.name
        opened.page.context.close()


def test_every_image_is_described_and_every_link_leads_somewhere(browser, pages):
    for path in pages:
        opened = open_page(browser, path)
        alts = opened.page.eval_on_selector_all("img", "all => all.map(i => i.alt)")
        assert all(text.strip() for text in alts)
        links = opened.page.eval_on_selector_all(
            "a[href]", "all => all.map(a => a.getAttribute('href'))"
        )
        if path.parent.name != "many":  # whose files nobody wrote
            assert [link for link in links if not _leads(opened, link)] == []
        opened.page.context.close()


def _leads(opened, link):
    target, anchor = urldefrag(link)
    if target.startswith(("https://", "http://")):
        return True
    if target:
        return (opened.path.parent / unquote(target)).is_file()
    return opened.page.locator(f'[id="{unquote(anchor)}"]').count() == 1


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(browser, folder):
    opened = open_page(browser, folder / "whatsapp-2021" / "01_record.html")
    page = opened.page
    count = page.evaluate(
        "document.querySelectorAll('a[href], summary, [tabindex=\"0\"]').length"
    )
    page.evaluate(
        "window.order = [...document.querySelectorAll("
        "'a[href], summary, [tabindex=\"0\"]')]"
    )
    places, outlines = [], []
    for _ in range(count):
        page.keyboard.press("Tab")
        places.append(page.evaluate("window.order.indexOf(document.activeElement)"))
        outlines.append(
            page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        )
    assert places == list(range(count))
    assert set(outlines) == {"solid"}
    assert page.evaluate("document.activeElement.tagName") != "BODY"


def test_a_table_sorts_by_real_buttons_and_what_is_unknown_stays_last(browser, folder):
    page = open_page(browser, folder / "many" / "index.html").page
    head = page.locator("table.sortable thead th").nth(2)
    button = head.locator("button")
    button.focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    keys = _keys(page)
    known = [float(key) for key in keys if key]
    assert known == sorted(known)
    assert keys[-4:] == [""] * 4
    page.keyboard.press("Space")
    assert head.get_attribute("aria-sort") == "descending"
    assert [float(key) for key in _keys(page) if key] == sorted(known, reverse=True)
    assert _keys(page)[-4:] == [""] * 4
    page.locator("table.sortable thead th").first.locator("button").click()
    assert page.locator("th[aria-sort]").count() == 1
    assert "ago)" in page.locator("table.sortable tbody tr").first.inner_text()


def _keys(page):
    return page.eval_on_selector_all(
        "table.sortable tbody tr", "all => all.map(r => r.cells[2].dataset.sort)"
    )


def test_the_index_is_whole_without_its_script(browser, folder):
    page = open_page(
        browser, folder / "many" / "index.html", java_script_enabled=False
    ).page
    assert page.locator("table.sortable tbody tr").count() == 60
    assert page.locator("th button").count() == 0
    assert page.locator(".tile a").count() == 120


def test_no_name_runs_a_script_or_sends_a_request(browser, tmp_path, record):
    folder = tmp_path / "reports" / "hostile"
    folder.mkdir(parents=True)
    for number, text in enumerate(PAYLOADS):
        place = folder / f"05_x--{number}.manifest.json"
        place.write_bytes(to_json(_hostile(record, f"05_x--{number}", text)))
        failed = folder / "failed" / f"lost-{number}"
        failed.mkdir(parents=True)
        lost = _hostile(record, f"lost-{number}", text) | {"message": text}
        (failed / "error.json").write_bytes(to_json(lost))
    odd = folder / "javascript:alert(11)+x.manifest.json"
    odd.write_bytes(to_json(_hostile(record, "javascript:alert(11)+x", "odd")))
    write_indexes(tmp_path / "reports")
    for path in (folder / "index.html", tmp_path / "reports" / "index.html"):
        _stays_quiet(open_page(browser, path))


def _hostile(record, name, text):
    row = {"app": text, "event": text, "estimate": 1.0, "change": text, "days": text}
    run = {"run_id": "r", "finished": "2026", "why": [text]}
    run["changes"] = [dict.fromkeys(("what", "before", "after"), text)]
    about = dict.fromkeys(("study_title", "question", "title", "market"), text)
    return record(
        name, **about, headline=[row], answers=[text], given={text: text},
        vintage=[{"source": text, "retrieved": text}], history=[run], run_id="r",
        run=f"runs/{text}",
    )  # fmt: skip


def _stays_quiet(opened):
    page = opened.page
    page.wait_for_timeout(200)
    odd = page.locator(
        "main script, main iframe, main svg, main form, base, main math, "
        "[onload], [onerror], [ontoggle], main img:not([alt])"
    )
    assert odd.count() == 0
    for sheet in page.locator("style").all():
        assert "example.org" not in sheet.text_content()
    schemes = page.eval_on_selector_all("a", "all => all.map(a => a.protocol)")
    assert set(schemes) <= {"file:", "https:"}
    page.evaluate(
        "document.querySelectorAll('a').forEach(a => { if (a.protocol === 'file:') "
        "{ a.target = '_self'; a.addEventListener('click', e => e.preventDefault()); "
        "a.click() } })"
    )
    page.wait_for_timeout(100)
    outside = [url for url in opened.seen.requests if not url.startswith("file:")]
    assert (opened.seen.dialogs, outside) == ([], [])


HOSTILE_CELLS = """\
import pandas as pd
import matplotlib.pyplot as plt
import migration as mg
texts = {texts!r}
mg.table_frame(pd.DataFrame({{"app": texts, texts[0]: texts}}), caption=texts[1])
"""
SERIES = """\
days = pd.date_range("2021-01-01", periods=4)
parts = [pd.DataFrame({{"period": days, "unit": t, "y": 1.0}}) for t in texts[:5]]
mg.plot_series(pd.concat(parts))
"""
CARD = """\
mg.report_card({{}}, answer="\\n".join(texts), warnings=texts,
               vintage=[{{"source": texts[2], "files": []}}])
"""


def test_no_label_of_a_study_runs_a_script_in_its_report(
    browser, tmp_path, new_workspace, put, render
):
    workspace = new_workspace(tmp_path / "work")
    study = workspace.studies / "tiny-observed.toml"
    text = study.read_text(encoding="utf-8")
    for told, payload in (
        ('"A tiny study"', PAYLOADS[0]),
        ('"Did people leave?"', PAYLOADS[4]),
        ('"Signal"', PAYLOADS[1]),
    ):
        assert told in text
        text = text.replace(told, f"'{payload}'")
    study.write_text(text, encoding="utf-8")
    cells = [
        part.format(texts=list(PAYLOADS)) for part in (HOSTILE_CELLS, SERIES, CARD)
    ]
    put(workspace, "tiny", f"# Title {PAYLOADS[1]}", *cells)
    run = render(workspace, "tiny")
    assert run.errors == ()
    folder = workspace.reports / "tiny-observed"
    for name in ("tiny.html", "index.html"):
        _stays_quiet(open_page(browser, folder / name))
