"""Every form of file as it is sold, by hand."""

import pytest
from sources.own_csv.cases import (
    ANSWER,
    FILES,
    HISTORY_WIDE,
    RANKINGS,
    UNIFIED,
    load,
)

from migration.errors import CannotAsk, NoData, SchemaDrift, UnexpectedContent
from migration.panel import check_panel
from migration.sources.own_csv.reading import read

INF = float("inf")
CASES = {
    "sensor-tower-rankings": [
        ("rank", "signal", "IN", "2021-01-10", 1, 1, 1, "observed"),
        ("rank", "telegram", "IN", "2021-01-10", 4, 4, 4, "observed"),
    ],
    "sensor-tower-estimates": [
        ("downloads", "signal", "IN", "2021-01-10", 12345, 12345, 12345, "observed"),
        ("downloads", "signal", "IN", "2021-01-11", None, None, None, "missing"),
        ("revenue", "signal", "IN", "2021-01-10", 0, 0, 0, "observed"),
        ("revenue", "signal", "IN", "2021-01-11", None, None, None, "missing"),
    ],
    "appfigures-long": [
        ("rank", "telegram", "IN", "2021-01-10", 12, 12, 12, "observed"),
        ("rank", "telegram", "IN", "2021-01-11", None, 401, INF, "censored"),
    ],
    "appfigures-wide": [
        ("rank", "signal", "IN", "2021-01-10", 1, 1, 1, "observed"),
        ("rank", "signal", "IN", "2021-01-11", None, 501, INF, "censored"),
        ("rank", "telegram", "NA", "2021-01-10", 12, 12, 12, "observed"),
        ("rank", "telegram", "NA", "2021-01-11", None, 501, INF, "censored"),
    ],
    "appfigures-answer": [
        ("rank", "signal", "IN", "2021-01-10", 12, 12, 12, "observed"),
        ("rank", "signal", "IN", "2021-01-11", None, 401, INF, "censored"),
    ],
    "data-ai-ranks": [
        ("rank", "signal", "US", "2021-01-10", 1, 1, 1, "observed"),
        ("rank", "signal", "US", "2021-01-11", None, 1001, INF, "censored"),
    ],
    "data-ai-ranks-wide": [
        ("rank", "signal", "NA", "2021-01-10", 1, 1, 1, "observed"),
        ("rank", "signal", "NA", "2021-01-13", None, 501, INF, "censored"),
    ],
    "data-ai-estimates": [
        ("downloads", "signal", "IN", "2021-01-10", 1000, 1000, 1000, "observed"),
        ("downloads", "signal", "IN", "2021-01-11", None, None, None, "missing"),
        ("revenue", "signal", "IN", "2021-01-10", 0, 0, 0, "observed"),
        ("revenue", "signal", "IN", "2021-01-11", 0, 0, 0, "observed"),
    ],
    "similarweb-visits": [
        ("visits", "signal", "WW", "2021-01-10", 1234567, 1234567, 1234567, "observed"),
        ("visits", "signal", "WW", "2021-01-11", 987654, 987654, 987654, "observed"),
    ],
    "42matters-charts": [
        ("rank", "signal", "IN", "2021-01-10", 3, 3, 3, "observed"),
        ("rank", "signal", "IN", "2021-01-11", 1, 1, 1, "observed"),
    ],
    "plain": [
        ("downloads", "signal", "NA", "2021-01-10", 10, 8, 12, "partial"),
        ("downloads", "signal", "NA", "2021-01-11", None, 8, 12, "censored"),
        ("downloads", "signal", "NA", "2021-01-12", 11, 11, 11, "observed"),
        ("downloads", "signal", "NA", "2021-01-13", None, None, None, "missing"),
    ],
}
COLUMNS = ["metric", "app", "market", "period", "value", "lower", "upper", "status"]


def rows_of(panel):
    shown = panel[COLUMNS].astype(object).where(panel[COLUMNS].notna(), None)
    shown["period"] = [f"{day:%F}" for day in panel["period"]]
    return [tuple(row) for row in shown.to_numpy()]


@pytest.mark.parametrize("form", FILES)
def test_each_form_by_hand(own, form):
    panel = load(own, FILES[form])
    assert rows_of(check_panel(panel)) == CASES[form]
    (record,) = panel.attrs["readings"]
    assert record["form"] == form.replace("answer", "long")
    assert record["exported"] == "2021-02-01"
    assert record["vendor"]
    assert set(record["metrics"]) == set(panel["metric"])


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le"])
def test_the_coding_of_the_text_changes_nothing(own, form, encoding):
    content, said = FILES[form]
    source = "utf-16" if content.startswith(b"\xff\xfe") else "utf-8-sig"
    again = content.decode(source).encode(encoding)
    assert rows_of(load(own, (again, said))) == CASES[form]


@pytest.mark.parametrize(
    "form", sorted(set(FILES) - {"appfigures-answer", "appfigures-wide"})
)
def test_the_delimiter_and_the_line_ends_change_nothing(own, form):
    end = "\r" if form in ("plain", "42matters-charts") else "\r\n"
    content, said = FILES[form]
    source = "utf-16" if content.startswith(b"\xff\xfe") else "utf-8-sig"
    text = content.decode(source)
    mark = "\t" if "\t" in text else ","
    if form not in ("sensor-tower-rankings", "similarweb-visits"):  # they quote
        text = text.replace(mark, ";")
    assert rows_of(load(own, (text.replace("\n", end).encode(), said))) == CASES[form]


def test_the_files_name_tells_what_the_file_does_not(own):
    from migration.sources.own_csv import declare

    name = "Unified Top Apps Revenue (Jan 10, 2021 - Jan 11, 2021, IN), Detailed.csv"
    said = declare(own, name, UNIFIED.encode("utf-16"), {"exported": "2021-02-01"})
    assert said["market"] == "IN"
    name = "Sensor_Tower_Category_Rankings_iPhone_IN_Social_Networking_2021-01-10.csv"
    said = declare(own, name, RANKINGS.encode("utf-16"), {"exported": "2021-02-01"})
    assert (said["device"], said["chart"]) == ("iPhone", "topfreeapplications")
    assert "market" not in said


def test_an_older_form_of_the_estimates(own):
    text = "Unified Name\tUnified ID\tApp Name\tApp ID\t"
    text += "Country / Region\tDate\tDownloads\n"
    text += "Signal\t5\tSignal\torg.securesms\tNamibia\t2021-01-10\t7\n"
    text += "Signal\t5\tSignal\torg.securesms\tNamibia\t2021-01-11\t8\n"
    found = rows_of(load(own, (text.encode("utf-16"), {})))
    assert [row[:5] for row in found] == [
        ("downloads", "signal", "NA", "2021-01-10", 7),
        ("downloads", "signal", "NA", "2021-01-11", 8),
    ]


def test_records_of_json_are_a_table(own):
    text = '[{"date": "2021-01-10", "app": "signal.org", "market": "NA", "value": 7},'
    text += (
        '{"market": "NA", "date": "2021-01-11", "app": "signal.org", "value": null}]'
    )
    said = {"metric": "downloads", "vendor": "v"}
    found = rows_of(load(own, (text.encode(), said)))
    assert [row[3:5] for row in found] == [("2021-01-10", 7), ("2021-01-11", None)]


def test_columns_mean_what_is_declared(own):
    text = "Tag;Programm;Land;Zahl\n10.01.2021;signal.org;Namibia;1.234,5\n"
    text += "13.01.2021;signal.org;Namibia;1.234.567,0\n"
    said = {
        "date_column": "tag", "app_column": "Programm", "market_column": "Land",
        "value_column": "Zahl", "metric": "downloads", "vendor": "v",
        "granularity": "day", "unit": "Installationen",
    }  # fmt: skip
    panel = load(own, (text.encode(), said))
    assert [r[3:5] for r in rows_of(panel)] == [
        ("2021-01-10", 1234.5),
        ("2021-01-13", 1234567),
    ]
    assert panel.attrs["readings"][0]["metrics"] == {"downloads": "Installationen"}


REFUSED = {
    "a page": (b"<!DOCTYPE html><html>", UnexpectedContent, "this is HTML or XML"),
    "a workbook": (b"PK\x03\x04rest", UnexpectedContent, "save its sheet as CSV"),
    "a picture": (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)),
        UnexpectedContent,
        "a table of text, and this is none.*Export the table as CSV",
    ),
    "a table of columns": (
        b"PAR1\x15\x04\x15\x10" + bytes(80),
        UnexpectedContent,
        "a table of text, and this is none",
    ),
    "packed": (b"\x1f\x8brest", UnexpectedContent, "compressed: unpack it"),
    "blank": (b" \r\n", NoData, "is empty"),
    "cut UTF-16": (RANKINGS.encode("utf-16")[:-1], UnexpectedContent, "not whole"),
    "a header alone": (b"Date,Domain,Visits\n", NoData, "no row"),
    "a short row": (
        b"Date,Domain,Visits\n2021-01-10,a\n",
        SchemaDrift,
        "row 2 needs 3",
    ),
    "a note below": (
        b"Date,Domain,Visits\n2021-01-10,a,1\n(c) by us\n",
        SchemaDrift,
        "row 3 needs 3 cells.*take notes below the table away",
    ),
    "an open quote": (b'Date,Domain,Visits\n"a,b,c\n', SchemaDrift, "read as CSV"),
    "a column twice": (
        b"Date,Domain,Visits,visits\n2021-01-10,a,1,2\n",
        SchemaDrift,
        "one column 'visits', got 2",
    ),
    "no known header": (
        b"Day,Who,N\n2021-01-10,a,1\n",
        SchemaDrift,
        "begin 'Day,Who,N'; say what its columns mean, such as --say date_column=Day",
    ),
    "cut JSON": (ANSWER.encode()[:-9], SchemaDrift, "be read as JSON"),
    "nested JSON": (b"[" * 100_000, SchemaDrift, "be read as JSON"),
    "other JSON": (b'{"a": 1}', SchemaDrift, "a list of records.*got dict"),
    "half a letter": (
        b'[{"date": "\\ud800", "value": 1}]',
        SchemaDrift,
        "a text or a number",
    ),
    "unequal records": (
        b'[{"date": "2021-01-10", "value": 1}, {"date": "2021-01-11"}]',
        SchemaDrift,
        "record 2 needs the keys date, value",
    ),
    "positions lack": (
        ANSWER.replace("12, null", "12").encode(),
        SchemaDrift,
        "needs 2 positions",
    ),
    "another answer": (
        ANSWER.replace("positions", "places").encode(),
        SchemaDrift,
        "needs product_id",
    ),
    "no app": (HISTORY_WIDE.encode(), CannotAsk, "say app: the file is of one app"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_no_such_table_is_refused(fault):
    content, error, words = REFUSED[fault]
    with pytest.raises(error, match=words):
        read(content, {"metric": "downloads", "market": "WW"})


def test_a_form_that_is_said_is_the_only_one_tried():
    with pytest.raises(SchemaDrift, match="no header of a known form"):
        read(FILES["similarweb-visits"][0], {"form": "plain"})
    with pytest.raises(CannotAsk, match="form needs one of sensor-tower-rankings"):
        read(FILES["similarweb-visits"][0], {"form": "nonesuch"})
