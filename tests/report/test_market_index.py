"""The index of many markets: tiles, small figures, a table that can be sorted."""

import base64
import hashlib
import io
import math
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from migration.report.effects import NO_NUMBER, effect_of, shade, step_words
from migration.report.html import check_html
from migration.report.manifest import to_json
from migration.report.market_names import market_name
from migration.report.pages import policy, sort_script
from migration.report.site import study_index, write_indexes
from migration.report.thumbnails import load_thumbnails, thumbnail
from migration.study.regions import REGIONS, region_of


def _png(width=1440, height=740):
    """Noise in stripes: harder to press than any figure of ours."""
    image = Image.effect_noise((width, height), 60).convert("RGB")
    content = io.BytesIO()
    image.save(content, format="PNG")
    return content.getvalue()


@pytest.fixture(scope="module")
def page(sixty):
    return study_index(sixty, [])


def _check(page):
    return check_html(page, scripts=[sort_script()])


def test_parameters_have_a_column_where_some_were_given(sixty):
    heads = re.compile(r'<th scope="col">([^<]*)</th>')
    last = ["Status", "Data vintage", "Rendered (UTC)", "Files"]
    assert heads.findall(study_index(sixty, []))[-4:] == last
    asked = {**sixty[0], "given": {"market": "IN", "metric": "rank"}}
    page = study_index([asked, *sixty[1:]], [])
    assert heads.findall(page)[-5:] == ["Status", "Parameters", *last[1:]]
    row = page[page.index("<tbody>") :].split("</tr>")[0]
    assert "<td>metric=rank</td>" in row


def test_a_study_without_markets_shows_figures_and_no_tile(record):
    images = {
        name: thumbnail(_png(90, height)) for name, height in (("a", 40), ("b", 50))
    }
    page = study_index([record("a"), record("b")], [], thumbnails=images)
    assert 'class="tiles"' not in page
    assert _check(page) == []
    assert page.count('src="data:image/png;base64,') == 2
    assert '<li><a href="a.html">The a &lt;report&gt;</a><img' in page
    assert 'id="figures"' not in study_index([record()], [])


def test_every_market_is_a_tile_of_each_app_with_value_and_interval(page, sixty):
    assert _check(page) == []
    assert page.count('<li class="tile ') == 2 * len(sixty)
    assert len(re.findall(r"<h3>(whatsapp|signal), after notice</h3>", page)) == 2
    row = sixty[10]["headline"][0]
    value, interval = row["change"].removesuffix(")").split(" (")
    assert f'<span class="size">{value}</span><span>{interval}</span>' in page
    assert "<b>GB</b> United Kingdom" in page
    assert "<b>NA</b> Namibia" in page


def test_an_interval_that_holds_zero_is_muted_and_says_so(of_market):
    page = study_index([of_market("IN", signal=(0.1, 0.3))], [])
    tile = re.search(r'<li class="tile muted">.*?</li>', page).group()
    assert "the interval holds zero" in tile
    assert "+11%" in tile


def test_an_effect_without_a_defensible_number_shows_none(of_market):
    shown = [of_market("IN", signal=(None, 0)), of_market("US", signal=(0.9, 0.2))]
    page = study_index(shown, [])
    tile = re.search(r'<li class="tile none">.*?</li>', page).group()
    assert NO_NUMBER in tile
    assert "sign changes" in tile
    assert not re.search(r"\d%", tile)
    cell = f'<td class="size" data-sort="">{NO_NUMBER}<br>sign changes</td>'
    assert cell in page


@pytest.mark.parametrize(
    ("row", "size", "words", "kind"),
    [
        ({"estimate": 1.2, "p_value": 0.01}, 1.2, ("1.2", ""), "muted"),
        (
            {"estimate": 1.2, "conf_low": 1.0, "conf_high": 1.5},
            1.2, ("1.2", "1 to 1.5"), "up3",
        ),
        (
            {"estimate": -0.2, "conf_low": -0.3, "conf_high": -0.1},
            -0.2, ("−0.2", "−0.3 to −0.1"), "down1",
        ),
        (
            {"estimate": None, "conf_low": 0.5, "conf_high": "unbounded",
             "change": "at least +65%"},
            0.5, ("at least +65%", ""), "up2",
        ),
        (
            {"estimate": None, "conf_low": "unbounded", "conf_high": "unbounded",
             "change": "unbounded"},
            math.nan, (NO_NUMBER, "unbounded"), "none",
        ),
        ({}, math.nan, (NO_NUMBER, ""), "none"),
        ({"estimate": True}, math.nan, (NO_NUMBER, ""), "none"),
    ],
)  # fmt: skip
def test_a_row_becomes_a_size_words_and_a_shade(row, size, words, kind):
    effect = effect_of(row)
    assert effect.size == size or math.isnan(effect.size) == math.isnan(size)
    assert (effect.value, effect.interval) == words
    assert shade(effect, 1.2) == kind


def test_the_legend_names_what_occurs_and_nothing_else():
    rows = [
        {"estimate": math.log(2), "conf_low": 0.3, "conf_high": 1.0, "change": "+100%"},
        {"estimate": 0.0, "conf_low": -1.0, "conf_high": 1.0, "change": "0%"},
    ]
    effects = [effect_of(row) for row in rows]
    assert step_words(math.log(2), effects) == [
        ("muted", "the interval holds zero"),
        ("up3", "+59% to +100%"),
    ]


def test_a_market_whose_report_failed_keeps_its_place(of_market, failure):
    lost = failure | {"report": "05_market--us", "market": "US"}
    page = study_index([of_market("IN", signal=(0.5, 0.1))], [lost])
    assert 'href="failed/05_market--us/traceback.txt"><b>US</b>' in page
    assert _check(page) == []
    later = failure | {"report": "05_market--in", "market": "IN"}
    page = study_index([of_market("IN", signal=(0.5, 0.1))], [later])
    assert "a later run failed" in page


def test_many_markets_say_how_many_are_coloured_by_chance(page, of_market):
    assert "in any of the 60, about 3 of each app would be coloured by chance" in page
    assert page.count("<h4>Europe</h4>") == 2
    few = study_index([of_market("IN", signal=(0.5, 0.1))], [])
    assert "by chance" not in few
    assert "<h4>" not in few


class _Cells(HTMLParser):
    """Rows of the sortable table, with what each cell sorts by."""

    def __init__(self):
        super().__init__()
        self.rows, self.inside = [], False

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "table":
            self.inside = "sortable" in values["class"]
        if self.inside and tag == "tr":
            self.rows.append([])
        if self.inside and tag in ("td", "th"):
            self.rows[-1].append((tag, values.get("data-sort")))


def test_all_reports_are_one_table_with_heads_for_rows_and_columns(sixty, record):
    own = record("01_record", title="The record")
    cells = _Cells()
    cells.feed(study_index([own, *sixty], []))
    head, *rows = cells.rows
    assert [tag for tag, _ in head] == ["th"] * 8
    assert len(rows) == 61
    assert all(row[0][0] == "th" and len(row) == 8 for row in rows)
    keys = {float(row[2][1]) for row in rows if row[2][1]}
    assert min(keys) == pytest.approx(-0.6)
    assert [row[2][1] for row in rows].count("") == 1 + 4


def test_the_script_is_named_by_its_hash_and_no_other_runs(page):
    inline = re.search(r"<script>(.*?)</script>", page, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert page.count("<script") == 1
    assert "script-src" not in policy(scripted=False)
    other = page.replace(inline, "alert(1)")
    assert "not the one that is allowed" in "; ".join(_check(other))
    assert "<script> is not allowed" in check_html(page)


def test_small_figures_are_embedded_and_the_page_stays_small(sixty):
    small = thumbnail(_png())
    images = {one["report"]: small for one in sixty}
    shown = study_index(sixty, [], thumbnails=images)
    assert _check(shown) == []
    assert "data:image/png;base64," in shown
    assert len(shown.encode()) < 2_000_000
    left = re.search(r"<p>(\d+) more are in their reports", shown)
    assert int(left.group(1)) == 60 - shown.count("<img ")


def test_a_small_figure_is_described_by_the_words_of_the_large_one(of_market):
    told = of_market("IN", more={"figure": {"alt": 'A "line" & more'}})
    bare = of_market("US")
    images = {one["report"]: thumbnail(_png(40, 20)) for one in (told, bare)}
    page = study_index([told, bare], [], thumbnails=images)
    assert 'alt="A &quot;line&quot; &amp; more"' in page
    assert 'alt="Figure of Did people move in US?"' in page


def test_a_thumbnail_is_the_same_each_time_and_from_its_own_folder(tmp_path, of_market):
    large = _png(90, 40)
    small = thumbnail(large)
    assert small == thumbnail(large)
    assert Image.open(io.BytesIO(small)).width == 480
    kept = {"outputs": [{"path": "runs/in/figure.png", "sha256": ""}]}
    listed = of_market("IN", more=kept)
    assert load_thumbnails(tmp_path, [listed]) == {}
    (tmp_path / "runs" / "in").mkdir(parents=True)
    (tmp_path / "runs" / "in" / "figure.png").write_bytes(small)
    assert load_thumbnails(tmp_path, [listed]) == {"05_market--in": small}
    assert load_thumbnails(tmp_path, [of_market("IN")]) == {}
    (tmp_path / "runs" / "in" / "figure.png").write_bytes(b"<svg/>")
    assert load_thumbnails(tmp_path, [listed]) == {}


def test_the_pages_on_the_disk_are_those_of_the_manifests(tmp_path, sixty):
    (tmp_path / "study").mkdir()
    for one in sixty[:3]:
        place = tmp_path / "study" / f"{one['report']}.manifest.json"
        place.write_bytes(to_json(one))
    write_indexes(tmp_path)
    found = (tmp_path / "study" / "index.html").read_text(encoding="utf-8")
    assert found == study_index(sorted(sixty[:3], key=lambda m: m["report"]), [])


@pytest.mark.parametrize(
    ("code", "name"),
    [("NA", "Namibia"), ("IR", "Iran"), ("WW", "World"), ("XZ", "XZ")],
)
def test_a_market_has_a_short_name(code, name):
    assert market_name(code) == name


def test_the_studys_own_name_of_a_market_comes_first(of_market):
    named = of_market("RU", signal=(0.5, 0.1), more={"market_name": "Russia & co"})
    page = study_index([named, of_market("TR", signal=(0.5, 0.1))], [])
    assert page.count("<b>RU</b> Russia &amp; co") == 1
    assert "<td>RU Russia &amp; co</td>" in page
    assert "<td>TR Türkiye</td>" in page


def test_every_country_has_one_part_of_the_world():
    import pycountry

    codes = [country.alpha_2 for country in pycountry.countries]
    left = [code for code in codes if region_of(code) not in REGIONS[1:-1]]
    assert left == ["AQ"]
