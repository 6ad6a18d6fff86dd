"""Maps: an index of one term or percentages of several, places by ISO's tables."""

import numpy as np
import pytest
from sources.trends_files import COMPARED, MAP, raw

from migration.errors import CannotAsk, NoData, SchemaDrift
from migration.panel import check_panel
from migration.sources.places import check_code, code_of
from migration.sources.trends import declare, panel
from migration.sources.trends.regions import parse_regions

WORDS = {"kind": "topic", "terms": "Signal=signal", "geo": "WW"}
BOTH = WORDS | {"terms": "WhatsApp=whatsapp; Signal=signal"}


def rows(made):
    return made.set_index(["app", "market"]).sort_index()


def test_an_index_of_one_term_by_hand(study):
    made = check_panel(panel(raw(study, ("geoMap.csv", MAP, WORDS)), study))
    assert set(made["metric"]) == {"interest_by_region"}
    assert set(made["period"].astype(str)) == {"2020-12-01"}
    assert made.attrs["until"] == ["interest_by_region 2020-12-01: 2021-06-30"]
    found = rows(made)
    assert set(found.loc["signal"].index) == {"DE", "CH", "NA", "IN", "TD"}
    assert found.loc[("signal", "TD"), "status"] == "missing"  # blank is not zero
    assert set(found["status"]) == {"partial", "censored", "missing"}


def test_it_is_whole_once_its_window_was_over_when_it_was_exported(study):
    words = WORDS | {"exported": "2021-07-01"}
    found = rows(panel(raw(study, ("geoMap.csv", MAP, words)), study))
    assert found.loc[("signal", "DE"), ["value", "status"]].tolist() == [
        100,
        "observed",
    ]
    assert found.loc[("signal", "NA"), "status"] == "censored"
    assert found.loc[("signal", "NA"), ["lower", "upper"]].tolist() == [0, 1]
    late = WORDS | {"exported": "2021-06-30"}
    assert "observed" not in set(
        panel(raw(study, ("geoMap.csv", MAP, late)), study)["status"]
    )


def test_percentages_of_several_are_another_metric(study):
    words = BOTH | {"exported": "2021-07-01"}
    made = panel(raw(study, ("geoMap.csv", COMPARED, words)), study)
    assert set(made["metric"]) == {"share_by_region"}
    assert rows(made).loc[("whatsapp", "IN"), "value"] == 78
    assert rows(made).loc[("signal", "DE"), "value"] == 9


@pytest.mark.parametrize(
    ("content", "words", "codes"),
    [
        (
            "Região,Signal: (13/07/2020 – 13/07/2021)\nRoraima,100\nPará,7\nBahia,\n",
            {"geo": "BR"}, {"BR-RR", "BR-PA", "BR-BA"},
        ),
        (
            "Land;Signal: (01.12.20 – 30.06.21)\nÖsterreich;100\nSchweiz;9\n",
            {}, {"AT", "CH"},
        ),
        (
            "Country,Signal: (12/1/20 - 6/30/21)\nCôte d’Ivoire,1\n"
            "Bosnia & Herzegovina,2\nMyanmar (Burma),3\nCongo - Kinshasa,4\n"
            "St. Lucia,5\nTurkey,6\nSouth Korea,7\n",
            {}, {"CI", "BA", "MM", "CD", "LC", "TR", "KR"},
        ),
        (
            "Region,Signal: (12/1/20 - 6/30/21)\nBavaria,100\nBerlin,7\n",
            {"geo": "DE", "regions": "Bavaria=DE-BY"}, {"DE-BY", "DE-BE"},
        ),
        (
            "国,Signal: (2020/12/01 - 2021/06/30)\nドイツ,100\nインド,7\n",
            {}, {"DE", "IN"},
        ),
    ],
)  # fmt: skip
def test_places_in_many_languages(study, content, words, codes):
    made = panel(raw(study, ("a.csv", content.encode(), {**WORDS, **words})), study)
    assert set(made["market"]) == codes


def test_a_place_that_iso_does_not_name_is_refused_with_what_to_do(study):
    content = MAP.replace(b"Switzerland", b"Helvetia")
    words = (
        "1 of 4 places are not in ISO's tables, the first 'Helvetia': declare regions"
    )
    with pytest.raises(CannotAsk, match=words):
        declare(study, "a.csv", content, WORDS)
    assert declare(study, "a.csv", content, {**WORDS, "regions": "Helvetia=CH"})


def test_a_place_without_data_needs_no_name(study):
    content = MAP.replace(b"Chad,", b"Nowhere,")
    made = panel(raw(study, ("a.csv", content, WORDS)), study)
    assert set(made["market"]) == {"DE", "CH", "NA", "IN"}


@pytest.mark.parametrize(
    ("window", "words", "days"),
    [
        ("20/3/21 - 20/3/22", {"date_order": "dmy"}, ("2021-03-20", "2022-03-20")),
        ("1/2/21 - 3/4/21", {"date_order": "mdy"}, ("2021-01-02", "2021-03-04")),
        (
            "1/2/21 - 3/4/21", {"window": "2021-02-01 2021-04-03"},
            ("2021-02-01", "2021-04-03"),
        ),
        ("week", {"window": "2021-02-01 2021-02-07"}, ("2021-02-01", "2021-02-07")),
        ("20. 12. 1. - 21. 6. 30.", {}, ("2020-12-01", "2021-06-30")),
    ],
)  # fmt: skip
def test_windows_are_read_or_declared(study, window, words, days):
    content = MAP.replace(b"12/1/20 - 6/30/21", window.encode())
    made = panel(raw(study, ("a.csv", content, {**WORDS, **words})), study)
    assert made.attrs["until"] == [f"interest_by_region {days[0]}: {days[1]}"]


@pytest.mark.parametrize(
    ("window", "words", "error", "needed"),
    [
        ("20/3/21 - 20/3/22", {}, CannotAsk, "may be 2020-03-21 to 2020-03-22 or 2021"),
        (
            "1/2/21 - 3/4/21",
            {},
            CannotAsk,
            "declare date_order as one of ymd, mdy, dmy",
        ),
        ("Past 7 days", {}, SchemaDrift, "declare window='2020"),
        (
            "1/2/21 - 3/4/21",
            {"window": "2021-03-01 2021-04-03"},
            CannotAsk,
            "not that of",
        ),
        ("x", {"window": "2021-03-01"}, CannotAsk, "window needs a day"),
        ("x", {"window": "2021-03-02 2021-03-01"}, CannotAsk, "not that of the header"),
    ],
)
def test_windows_that_mean_two_things_are_refused(study, window, words, error, needed):
    content = MAP.replace(b"12/1/20 - 6/30/21", window.encode())
    with pytest.raises(error, match=needed):
        declare(study, "a.csv", content, {**WORDS, **words})


@pytest.mark.parametrize(
    ("content", "needed"),
    [
        (COMPARED.replace(b"22%", b"22"), "got 2 columns of both"),
        (COMPARED.replace(b"%", b""), "got 2 columns of numbers"),
        (COMPARED.replace(b"22%", b"12%"), "add up to between 89 and 91 and need 100"),
        (MAP.replace(b"Germany", b"India"), "each place once"),
        (MAP.replace(b",44", b",44.5"), "whole numbers of 0 to 100"),
    ],
)
def test_what_no_map_says_is_refused(content, needed):
    with pytest.raises(SchemaDrift, match=needed):
        parse_regions(content)


def test_a_text_without_a_map_or_a_timeline_is_refused(study):
    with pytest.raises(NoData, match="no row that begins with a date"):
        declare(study, "a.csv", b"a,b\nc,d\n", WORDS)
    with pytest.raises(NoData, match="no row of a place and its numbers"):
        parse_regions(b"a,b\nc,d\n")


def test_a_map_must_say_of_what_it_is(study):
    with pytest.raises(
        CannotAsk, match="a map and does not say of what: declare geo=WW"
    ):
        declare(study, "a.csv", MAP, {**WORDS, "geo": ""})


def test_rounding_is_allowed_for_where_percentages_are_added_up():
    thirds = b"Land,a,b,c\nIndia,33%,33%,33%\nChad,0%,0%,0%\n"
    found = parse_regions(thirds)
    assert found.compared
    np.testing.assert_array_equal(found.value, [[33, 33, 33], [0, 0, 0]])


def test_no_name_of_a_country_in_the_sites_languages_means_two():
    from migration.sources import places

    several = {n for n, codes in places._names("WW").items() if len(codes) > 1}
    assert several == set()
    assert {check_code(code) for code in places._ENGLISH.values()} == set(
        places._ENGLISH.values()
    )
    assert code_of("Namibia") == "NA"
    assert code_of("Nowhere") is None
