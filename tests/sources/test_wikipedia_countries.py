"""Views by country: the sift of a day's file, its extract, and what it can mean."""

import dataclasses
import datetime as dt
import itertools
import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sources.malformed import ends_well, malformed
from sources.planned import BASE, run
from sources.protocols import wikipedia_countries as told

from migration.errors import (
    MigrationError,
    NoData,
    SchemaDrift,
    StudyError,
    Transient,
    UnexpectedContent,
)
from migration.panel import check_panel
from migration.sources import card
from migration.sources.wikipedia_countries import panel, plan
from migration.sources.wikipedia_countries.eras import ERAS, NO_FILE, era_of
from migration.sources.wikipedia_countries.extract import read_extract
from migration.sources.wikipedia_countries.lines import BLOCK
from migration.sources.wikipedia_countries.sifting import Sift
from migration.sources.wikipedia_countries.wanted import Wanted

WINDOW = told.PROTOCOL.window
DAY = dt.date(2021, 1, 6)
ITEMS = ("Q19718090", "Q1049511")
STUDY = told.study(BASE)
FILE = "".join(told.SIXTH).encode()


def sift(content, *, names=ITEMS, day=DAY, size=7):
    """The extract of a file that comes in pieces of some bytes."""
    pieces = (content[at : at + size] for at in range(0, len(content), size))
    return b"".join(Sift(Wanted.of(names), era_of(day), day)(pieces))


def made(answers=None, *, study=STUDY, window=WINDOW):
    sent = told.answers(BASE) | (answers or {})
    _, raw = run(plan(study, window), sent)
    found = check_panel(panel(raw, study))
    json.dumps(found.attrs)
    return found


def with_options(**options):
    source = STUDY.sources[0]
    source = dataclasses.replace(source, options={**source.options, **options})
    return dataclasses.replace(STUDY, sources=(source,))


def rows(found, market, metric="views", app="signal"):
    chosen = found[(found["app"] == app) & (found["market"] == market)]
    return chosen[chosen["metric"] == metric].set_index("period").sort_index()


# ---- The sift and its extract --------------------------------------------------------


def test_an_extract_by_hand():
    """The wanted rows byte for byte, then each country with rows and smallest count."""
    lines = sift(FILE).decode().split("\n")
    assert lines[0] == "#extract\t1\t2021-01-06\t7\tQ1049511\tQ19718090"
    assert lines[1:5] == [
        "Germany\tDE\ten.wikipedia\t4711\tSignal_(software)\tQ19718090\t700",
        "Germany\tDE\tde.wikipedia\t4711\tSignal_(software)\tQ19718090\t480",
        "India\tIN\ten.wikipedia\t4711\tSignal_(software)\tQ19718090\t20000",
        "India\tIN\thi.wikipedia\t4711\tव्हाट्सऐप\tQ1049511\t1234",
    ]
    assert lines[5:] == [
        "#country\tDE\tGermany\t4\t460",
        "#country\tFR\tFrance\t2\t460",
        "#country\tIN\tIndia\t4\t460",
        "#country\tNA\tNamibia\t2\t460",
        "#end\t12",
        "",
    ]


def test_an_extract_is_read_back():
    found = read_extract(sift(FILE))
    assert (found.day, found.names) == (DAY, frozenset(ITEMS))
    assert [(r.country, r.project, r.count) for r in found.rows] == [
        ("DE", "en.wikipedia", 700),
        ("DE", "de.wikipedia", 480),
        ("IN", "en.wikipedia", 20_000),
        ("IN", "hi.wikipedia", 1234),
    ]
    assert found.bounds == {"DE": 450, "FR": 450, "IN": 450, "NA": 450}
    assert found.countries["NA"] == "Namibia"


@given(st.integers(1, 400))
def test_how_a_file_is_cut_into_pieces_changes_nothing(size):
    assert sift(FILE, size=size) == sift(FILE, size=len(FILE))


@settings(max_examples=25)
@given(st.permutations(range(len(FILE.splitlines()))))
def test_the_order_of_rows_changes_neither_rows_nor_countries(order):
    lines = FILE.splitlines(keepends=True)
    turned = read_extract(sift(b"".join(lines[n] for n in order)))
    plain = read_extract(sift(FILE))
    assert set(turned.rows) == set(plain.rows)
    assert (turned.bounds, turned.countries) == (plain.bounds, plain.countries)


def by_hand(content, names):
    """The plain loop over lines that the sift must agree with."""
    kept, seen = [], {}
    for line in content.decode().split("\n")[:-1]:
        fields = line.split("\t")
        known = seen.setdefault(fields[1], [fields[0], 0, 10**15])
        known[1], known[2] = known[1] + 1, min(known[2], int(fields[-1]))
        if fields[5] in names:
            kept.append(line)
    summary = [
        f"#country\t{code}\t{name}\t{n}\t{least}"
        for code, (name, n, least) in sorted(seen.items())
    ]
    return kept, summary


a_row = st.tuples(
    st.sampled_from(["DE", "IN", "NA", "XK"]),
    st.sampled_from(["en.wikipedia", "de.wikipedia", "wikidata"]),
    st.sampled_from(["Signal", "Q19718090", "é", "सिग्नल", 'a"b', "x" * 300]),
    st.sampled_from(["", "Q1", "Q19718090", "Q197180900", "Q9718090", "Q1049511"]),
    st.integers(0, 10**12),
)


@settings(max_examples=100)
@given(st.lists(a_row, min_size=1, max_size=30))
def test_the_sift_agrees_with_a_plain_loop(table):
    content = "".join(
        f"Land {code}\t{code}\t{project}\t{len(title)}\t{title}\t{item}\t{count}\n"
        for code, project, title, item, count in table
    ).encode()
    kept, summary = by_hand(content, ITEMS)
    found = sift(content, size=50).decode().split("\n")[1:-2]
    assert found == [*kept, *summary]


def test_a_title_that_looks_like_an_item_is_not_one():
    line = b"Germany\tDE\twikidata\t7\tQ19718090\tQ1\t900\n"
    assert read_extract(sift(line)).rows == ()


def test_rows_by_page_and_before_items_by_title():
    page = b"Germany\tDE\tde.wikipedia\t0047\tX\t\t900\n"
    same = page.replace(b"0047", b"47")
    wanted = ("de.wikipedia:47", "de.wikipedia/A_(b)")
    assert [r.name for r in read_extract(sift(same, names=wanted)).rows] == [wanted[0]]
    other = same.replace(b"de.wikipedia", b"fr.wikipedia")
    assert read_extract(sift(other, names=wanted)).rows == ()
    early = b"".join(
        b"%s\t%s\t%s.wikipedia\t\tA_(b)\t%d\n" % row
        for row in ((b"Germany", b"DE", b"de", 4000), (b"Malta", b"MT", b"mt", 5000))
    )
    found = read_extract(sift(early, names=wanted, day=dt.date(2016, 5, 1)))
    assert [(r.name, r.country, r.count) for r in found.rows] == [
        (wanted[1], "DE", 4000)
    ]
    assert found.bounds == {"DE": 3500, "MT": 3500}


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", NoData, "is empty"),
        (b"<!DOCTYPE html>\n", UnexpectedContent, "got HTML"),
        (FILE[:-1], Transient, "cut short"),
        (FILE[:-30], Transient, "cut short"),
        (FILE.replace(b"\t", b","), SchemaDrift, "7 fields"),
        (FILE + b"Malta\tMT\ten.wikipedia\t1\tX\tQ1\n", SchemaDrift, "7 fields"),
        (FILE + b"Malta\tMT\ten.wikipedia\t1\tX\tQ1\t1\t2\n", SchemaDrift, "7 fields"),
        (FILE + b"\n", SchemaDrift, "7 fields"),
        (FILE + b"Malta\tMT\ten.wikipedia\t1\tX\tQ1\t4.5\n", SchemaDrift, "count last"),
        (FILE + b"Malta\tMT\ten.wikipedia\t1\tX\tQ1\t-5\n", SchemaDrift, "count last"),
        (FILE + b"Malta\tMT\ten.wikipedia\t1\tX\tQ1\t\n", SchemaDrift, "count last"),
        (
            FILE + b"Malta\tMT\ten.wikipedia\t1\tX\tQ1\t" + b"9" * 16 + b"\n",
            SchemaDrift,
            "count last",
        ),
        (
            FILE + b"#end\tMT\ten.wikipedia\t1\tX\tQ1\t5\n",
            SchemaDrift,
            "a country first",
        ),
        (b"x" * (BLOCK + 1), SchemaDrift, "lines that end"),
        (
            b"Malta\tMT\ten.wikipedia\t1\t\xff\tQ1049511\t500\n",
            UnexpectedContent,
            "UTF-8",
        ),
    ],
)
def test_a_file_of_another_kind_is_refused_whole(content, error, words):
    with pytest.raises(error, match=words):
        sift(content, size=1 << 16)


def test_a_large_file_is_never_whole_in_memory():
    """20 MB in pieces of 64 kB: some megabytes at the most at any time."""
    block = FILE * (BLOCK // 8 // len(FILE))
    pieces = 20_000_000 // len(block)
    tracemalloc.start()
    kept = 0
    stream = (
        block[at : at + 65_536]
        for _ in range(pieces)
        for at in range(0, len(block), 65_536)
    )
    for line in Sift(Wanted.of(["Q5"]), era_of(DAY), DAY)(stream):
        kept += len(line)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1000
    assert peak < 12_000_000 < 19_000_000 < pieces * len(block)


# ---- The plan ------------------------------------------------------------------------


def test_each_day_is_asked_of_its_release_and_days_without_a_file_of_none():
    def urls(first, last):
        study = with_options()
        window = (dt.date.fromisoformat(first), dt.date.fromisoformat(last))
        return [ask.url for ask in run(plan(study, window), {})[0]]

    names = "#Q1049511,Q19718090"
    assert urls("2017-02-08", "2017-02-09") == [
        f"{BASE}/datasets/country_project_page_historical_pre_2017/2017-02-08.tsv{names}",
        f"{BASE}/datasets/country_project_page_historical/2017-02-09.tsv{names}",
    ]
    assert [u.split("/")[-2] for u in urls("2023-02-05", "2023-02-06")] == [
        "country_project_page_historical",
        "country_project_page",
    ]
    assert urls("2020-07-19", "2020-07-20") == []
    assert urls("2015-06-01", "2015-06-30") == []


def test_options_narrow_the_days():
    study = with_options(first=dt.date(2021, 1, 6), last=dt.date(2021, 1, 6))
    asks, _ = run(plan(study, WINDOW), {})
    assert [ask.name for ask in asks] == ["2021-01-06.tsv"]
    with pytest.raises(StudyError, match=r"needs a date such as 2021-02-28.*'soon'"):
        next(plan(with_options(last="soon"), WINDOW))


def test_what_is_wanted_is_part_of_the_address_so_that_more_is_asked_again():
    (one, *_), _ = run(plan(STUDY, WINDOW), {})
    fewer = dataclasses.replace(STUDY, apps=STUDY.apps[:1])
    (other, *_), _ = run(plan(fewer, WINDOW), {})
    assert one.url != other.url
    assert one.url.partition("#")[0] == other.url.partition("#")[0]


@pytest.mark.parametrize(
    "name", ["WhatsApp", "Q0", "q1049511", "en.wikipedia:", "Q1,Q2"]
)
def test_an_identifier_of_no_known_form_is_refused(name):
    app = dataclasses.replace(STUDY.apps[0], ids={"wikipedia_countries": (name,)})
    study = dataclasses.replace(STUDY, apps=(app,))
    with pytest.raises(StudyError, match="such as 'Q1049511'"):
        next(plan(study, WINDOW))


# ---- The panel -----------------------------------------------------------------------


def test_each_project_has_a_metric_of_its_own():
    german = rows(made(), "DE", "views_de")
    assert german["status"].tolist() == ["censored", "observed", "censored"]
    assert german["upper"].tolist() == [450, 480, 450]
    english = rows(made(), "DE", "views_en")
    np.testing.assert_array_equal(english["value"], [500, 700, np.nan])


def test_a_country_that_is_not_in_a_days_file_is_missing_and_no_zero():
    found = rows(made(), "NA")
    assert found["status"].tolist() == ["missing", "censored", "observed"]
    assert found[["value", "lower", "upper"]].iloc[0].isna().all()


def test_a_day_without_a_file_is_missing_everywhere():
    path = f"{told.FOLDER}/2021-01-06.tsv"
    found = made({path: (503, {}, b"")})
    assert set(found[found["period"] == "2021-01-06"]["status"]) == {"missing"}
    assert found.attrs["days_without"] == ["2021-01-06"]


def test_the_noise_is_told_with_the_release():
    noise = made().attrs["noise"]
    assert list(noise) == ["country_project_page_historical"]
    assert "standard deviation about 42" in noise["country_project_page_historical"]


@pytest.mark.parametrize(
    ("smallest", "bound"),
    [(90, 90), (449, 90), (450, 450), (549, 450), (550, 550), (5000, 1000), (80, 90)],
)
def test_the_present_releases_threshold_is_read_off_what_was_released(smallest, bound):
    assert ERAS[2].bound(smallest) == bound


def test_the_releases_follow_each_other_without_a_gap():
    for one, after in itertools.pairwise(ERAS):
        assert after.first - one.last == dt.timedelta(days=1)
    assert all(era_of(day) is None for day in NO_FILE)
    assert era_of(dt.date(2015, 6, 30)) is None


def test_an_app_that_no_file_was_searched_for_is_no_data():
    _, raw = run(plan(STUDY, WINDOW), told.answers(BASE))
    app = dataclasses.replace(STUDY.apps[0], ids={"wikipedia_countries": ("Q5",)})
    study = dataclasses.replace(STUDY, apps=(app, STUDY.apps[1]))
    with pytest.raises(NoData, match="signal was looked for in no file"):
        panel(raw, study)
    with pytest.raises(NoData, match="in no file"):
        panel(dataclasses.replace(raw, entries=()), STUDY)


def test_markets_that_are_in_no_file_at_all_are_no_data():
    _, raw = run(plan(STUDY, WINDOW), told.answers(BASE))
    turkey = tuple(m for m in STUDY.markets if m.code == "TR")
    with pytest.raises(NoData, match="none of the study's 1 markets"):
        panel(raw, dataclasses.replace(STUDY, markets=turkey))


def test_an_extract_under_another_days_name_is_refused():
    _, raw = run(plan(STUDY, WINDOW), told.answers(BASE))
    names = sorted(raw.files)
    swapped = {**raw.files, names[0]: raw.files[names[1]]}
    with pytest.raises(SchemaDrift, match="holds an extract of 2021-01-06"):
        panel(dataclasses.replace(raw, files=swapped), STUDY)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("#extract\t1", "#extract\t2", "first"),
        ("\t7\t", "\t8\t", "6 or 7"),
        ("2021-01-06", "2021-13-06", "a day such as"),
        ("2021-01-06", "2020-07-19", "the wanted rows"),
        ("\tQ19718090\t700", "\tQ5\t700", "a wanted row"),
        ("\t700\n", "\tmany\n", "whole counts"),
        ("#end\t12", "#end\t13", "'#end' and 12"),
        ("#end\t12\n", "", "the wanted rows"),
        ("#country\tFR\tFrance\t2\t460\n", "", "'#end' and 10"),
        ("#country\tFR", "#country\tDE", "each country once"),
        ("#country\tFR\tFrance", "#country\tFR", "code, name"),
        ("#end", "#\n#end", "the wanted rows"),
    ],
)
def test_an_extract_that_is_not_whole_is_refused(old, new, words):
    text = sift(FILE).decode()
    assert old in text
    with pytest.raises(SchemaDrift, match=words):
        read_extract(text.replace(old, new, 1).encode())


_, RAW = run(plan(STUDY, WINDOW), told.answers(BASE))


slow = pytest.mark.slow


@pytest.mark.parametrize("kind", ["csv", "text"])
@pytest.mark.parametrize("times", [100, pytest.param(500, marks=slow)])
def test_a_spoilt_file_ends_in_an_extract_or_an_error(kind, times):
    @settings(max_examples=times)
    @given(malformed(FILE, kind))
    def spoil(content):
        try:
            found = read_extract(sift(content, size=1 << 16))
        except MigrationError:
            return
        assert found.day == DAY
        codes = {row.country for row in found.rows if len(row.country) == 2}
        assert {code for code in codes if code.isascii()} <= set(found.bounds)

    spoil()


@pytest.mark.parametrize("kind", ["csv", "text"])
@pytest.mark.parametrize("times", [20, pytest.param(150, marks=slow)])
def test_a_spoilt_extract_ends_well(kind, times):
    @settings(max_examples=times)
    @given(malformed(sift(FILE), kind))
    def spoil(content):
        files = {**RAW.files, "2021-01-06.tsv": content}
        ends_well(lambda: panel(dataclasses.replace(RAW, files=files), STUDY))

    spoil()


def test_the_card_gives_the_unit_of_each_metric_that_the_study_loads(study):
    assert study.source("wikipedia_countries").enabled
    assert set(card("wikipedia_countries").unit) == set(
        study.source("wikipedia_countries").metrics
    )
