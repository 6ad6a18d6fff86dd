"""The index, made from manifests alone."""

import re

import pytest

from migration.report.events import Event
from migration.report.html import check_html
from migration.report.manifest import to_json
from migration.report.pages import sort_script
from migration.report.progress import JsonTeller, Teller, headline_lines
from migration.report.site import Listed, root_index, study_index, write_indexes


def test_the_index_links_what_is_in_place(record):
    page = study_index([record()], [])
    assert '<a href="tiny.html">The tiny &lt;report&gt;</a>' in page
    assert 'href="runs/abc/report.ipynb"' in page
    assert 'href="tiny.manifest.json"' in page
    assert "5.2" in page
    assert "Yes &amp; no." in page
    assert "flathub 2026-01-01" in page
    assert "2026-11-23 20:00:00" in page
    assert "People &amp; apps" in page
    assert "Failed" not in page
    assert "SIMULATED" not in page
    assert check_html(page, scripts=[sort_script()]) == []


def test_a_narrow_screen_shows_what_changed_first(record):
    row = {"app": "signal", "event": "notice", "estimate": 1.0, "change": "+172%"}
    page = study_index([record(headline=[row | {"p_value": 0.01}])], [])
    heads = re.findall(r'<th scope="col">([^<]*)</th>', page)
    assert heads[:5] == ["App", "Change", "p", "Event", "Report"]
    assert '<td class="short">+172%</td><td>0.01</td>' in page


def test_the_first_answer_stands_beside_its_report_and_each_finding_is_folded(record):
    page = study_index([record(answers=["All & first.", "One & two.", "Three."])], [])
    assert "The tiny &lt;report&gt;</a>: All &amp; first.</p><details" in page
    assert "<summary>Each of 2 findings</summary>" in page
    assert "<li>One &amp; two.</li><li>Three.</li>" in page
    assert check_html(page, scripts=[sort_script()]) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"retrieved": "2026-11-23"}, "flathub 2026-11-23"),
        ({"retrieved": "2026-11-23T01:02:03Z"}, "flathub 2026-11-23"),
        ({"retrieved": "not recorded"}, "flathub (not recorded)"),
        ({}, "flathub"),
    ],
)
def test_the_day_of_retrieval_stands_beside_its_source(record, row, said):
    page = study_index([record(vintage=[{"source": "flathub", **row}])], [])
    assert f"<td>{said}</td>" in page


def test_failures_stand_first_with_their_traceback(record, failure):
    page = study_index([record()], [failure])
    assert page.index("ZeroDivisionError: &lt;b&gt;") < page.index("Headline")
    assert "cell 4" in page
    assert 'href="failed/broken/traceback.txt"' in page
    assert "There is no earlier good report" in page
    assert check_html(page, scripts=[sort_script()]) == []


def test_a_report_whose_later_run_failed_says_so(record, failure):
    page = study_index([record("broken")], [failure])
    assert "last good; a later run failed" in page
    assert "The report below is the last good one" in page


def test_a_page_of_more_than_a_megabyte_says_so(record):
    pages = [
        record(name, outputs=[{"path": f"{name}.html", "sha256": "", "bytes": size}])
        for name, size in (("small", 1_000_000), ("large", 2_050_118))
    ]
    page = study_index(pages, [])
    assert page.count("MB, more than 1") == 1
    assert '<span class="bad">2.1 MB, more than 1</span>' in page


def test_only_failures_still_make_an_index(failure):
    page = study_index([], [failure])
    assert "ZeroDivisionError" in page
    assert "Headline" not in page


def test_a_simulated_study_says_so_on_both_pages(record):
    made = record(simulated=True)
    assert 'aria-label="Simulated data"><strong>SIMULATED' in study_index([made], [])
    assert "SIMULATED" in root_index([Listed("sim", [made], [])])


def test_the_page_above_links_each_study(record, failure):
    page = root_index([Listed("a", [record()], []), Listed("b", [], [failure])])
    assert re.findall(r'href="(\w/index.html)"', page) == [
        "a/index.html",
        "b/index.html",
    ]
    assert check_html(page) == []
    assert "No report yet" in root_index([])


def test_only_changed_pages_are_written_anew(tmp_path, record):
    (tmp_path / "a").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "a" / "tiny.manifest.json").write_bytes(to_json(record()))
    write_indexes(tmp_path)
    first = (tmp_path / "a" / "index.html").stat()
    write_indexes(tmp_path)
    assert (tmp_path / "a" / "index.html").stat().st_ino == first.st_ino
    assert not (tmp_path / "other" / "index.html").exists()
    (tmp_path / "a" / "tiny.manifest.json").write_bytes(to_json(record(title="New")))
    write_indexes(tmp_path)
    assert "New" in (tmp_path / "a" / "index.html").read_text(encoding="utf-8")


def test_the_headline_has_the_rules_of_the_reports_tables(record):
    """It had 0.0101 beside 0.13, and another sign than the change in words."""
    row = {"app": "a", "estimate": -0.25, "conf_low": -1.0, "p_value": 0.0101}
    made = record(headline=[row, {**row, "p_value": 0.00001}])
    first, last = (line.split() for line in headline_lines([made])[1:])
    assert first == ["a", "−0.25", "−1", "0.01"]
    assert last[-2:] == ["<", "0.001"]
    page = study_index([made], [])
    assert page.count('<td class="title"><a href="tiny.html">') == 2
    for cell in ("<td>−0.25</td>", "<td>0.01</td>", "<td>&lt; 0.001</td>"):
        assert cell in page


def test_the_headline_is_aligned_and_marked(record):
    lines = headline_lines([record(), record(headline=[])])
    assert lines == ["app     estimate  p value", "signal  5.2       0.01"]
    assert headline_lines([record(simulated=True)])[0] == "SIMULATED"
    assert headline_lines([]) == []


def test_what_nothing_makes_any_more_counts_in_nothing_but_is_named(record, failure):
    """It was shown with the others, as if it were of today."""
    old = record("old", headline=[{"app": "old app", "estimate": 1.0}])
    old |= {"answers": ["An old answer."]}
    page = study_index([old, record()], [failure], gone={"old", "broken"})
    before, after = page.split('<h2 id="gone">No longer made</h2>')
    for words in ("old app", "An old answer.", "Failed", 'href="old.html"'):
        assert words not in before
    assert "ok</td>" in before
    assert 'href="old.html"' in after
    assert "<code>old.html and old.manifest.json</code>" in after
    assert "<code>failed/broken</code>" in after
    assert "<td>broken</td><td>never; its last run failed</td>" in after
    assert check_html(page, scripts=[sort_script()]) == []
    listed = Listed("a", [old, record()], [failure], {"old", "broken"})
    assert "<td>1</td><td>0</td>" in root_index([listed])
    assert "No longer made" not in study_index([old], [])


def test_many_markets_link_to_what_is_no_longer_made(of_market):
    made = [of_market(code, signal=(0.5, 0.1)) for code in ("IN", "BR", "TR")]
    page = study_index(made, [], gone={"05_market--br"}, thumbnails={})
    assert '<li><a href="#gone">No longer made</a></li>' in page
    assert "Brazil" not in page
    assert page.count("05_market--br.html") == 2  # its link, and the file to delete
    assert check_html(page, scripts=[sort_script()]) == []


def test_rows_of_several_reports_say_whose_each_is(record):
    row = {"app": "Tumblr", "estimate": 0.5}
    names = [("05_market", "BR"), ("05_market", "US"), ("02_event_study", None)]
    made = [
        record(report=f"{name}-{code}", notebook=name, market=code, headline=[row])
        for name, code in names
    ]
    by_market = [line.split() for line in headline_lines(made[:2])]
    assert by_market == [
        ["market", "app", "estimate"], ["BR", "Tumblr", "0.5"], ["US", "Tumblr", "0.5"]
    ]  # fmt: skip
    several = [line.split()[0] for line in headline_lines(made)]
    assert several == ["report", *(f"{name}-{code}" for name, code in names)]
    assert headline_lines([made[0], record(headline=[])])[0].split()[0] == "app"


def test_reports_can_be_sorted_and_tell_their_age(record, failure):
    page = study_index([record("a"), record("b")], [])
    assert page.count('class="plain sortable"') == 1
    assert page.count('<td data-sort="2026-11-23 20:00:00"><time datetime=') == 2
    assert check_html(page, scripts=[sort_script()]) == []
    assert "<script" not in study_index([], [failure])


class _Stream(list):
    def __init__(self, live):
        super().__init__()
        self.live = live

    def isatty(self):
        return self.live

    def write(self, text):
        self.append(text)

    def flush(self):
        pass


def _event(event, **more):
    return Event(
        event=event, report="tiny", number=1, total=2, key="k", reason="forced",
        run_id="r", **more,
    )  # fmt: skip


def test_plain_lines_where_there_is_no_terminal():
    out = _Stream(live=False)
    for event in (_event("start"), _event("cell", cell=1, cells=3)):
        Teller(out)(event)
    Teller(out)(_event("done", seconds=2.04))
    assert "".join(out) == (
        "[1/2] tiny: rendering (forced)\n[1/2] tiny: done in 2.0 s\n"
    )


def test_one_live_line_on_a_terminal():
    out = _Stream(live=True)
    Teller(out)(_event("cell", cell=1, cells=3))
    assert out == ["\r\x1b[K[1/2] tiny: cell 1 of 3"]


@pytest.mark.parametrize("event", ["start", "cell", "done", "failed", "fresh"])
def test_a_line_of_the_log_has_the_same_fields_always(event):
    import json

    out = _Stream(live=False)
    JsonTeller(out)(_event(event))
    assert sorted(json.loads(out[0])) == sorted(
        [
            "ts",
            "run_id",
            "event",
            "report",
            "number",
            "total",
            "key",
            "reason",
            "cell",
            "cells",
            "seconds",
            "status",
            "error",
        ]
    )
