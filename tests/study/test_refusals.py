import re
from datetime import date

import pytest

REFUSED = {
    # the whole file
    "unknown key": ("title =", "titel =", "titel: no such key; did you mean 'title'"),
    "no title": ('title = "A small study"\n', "", "title: is needed and is not there"),
    "empty title": ('"A small study"', '""', "title: needs some text, got ''"),
    "id with a slash": ('"small"', '"a/b"', "id: needs up to 100 of a-z.* got 'a/b'"),
    "id of two words": ('"small"', '"Two words"', "id: needs up to 100 of a-z"),
    "path": ("title =", 'path = "x"\ntitle =', "path: no such key"),
    "simulated in words": (
        "title =",
        'simulated = "no"\ntitle =',
        "simulated: needs true or false, got 'no'",
    ),
    "apps in words": (
        "[groups]",
        "[groups]\nX=[]",
        "groups, X: needs at least 1",
    ),
    # baseline
    "baseline in words": (
        "{ start = 2020-11-01, end = 2021-01-03 }",
        '"autumn"',
        "baseline: needs a table, got 'autumn'",
    ),
    "baseline without an end": (
        ", end = 2021-01-03",
        "",
        "baseline, end: is needed",
    ),
    "baseline's key": (
        "{ start =",
        "{ strat =",
        "baseline, strat: no such key; .*'start'",
    ),
    "baseline backwards": (
        "start = 2020-11-01",
        "start = 2021-01-04",
        "baseline, end: needs a day from 2021-01-04 on, got 2021-01-03",
    ),
    "baseline at an instant": (
        "start = 2020-11-01",
        "start = 2020-11-01T00:00:00Z",
        "baseline, start: needs a date such as",
    ),
    "baseline on day zero": (
        "end = 2021-01-03",
        "end = 2021-01-06",
        "baseline, end: needs to be before 2021-01-06, .* event 'notice'",
    ),
    # apps
    "app's key": (
        "[[apps]]\nid",
        "[[apps]]\nrol = 1\nid",
        "apps 'old', rol: no such key; did you mean 'role'",
    ),
    "app's role": (
        '"destination"',
        '"destinaton"',
        "apps 'new', role: needs one of origin, destination, neighbour, control, "
        "got 'destinaton'; did you mean 'destination'",
    ),
    "app twice": (
        'id = "new"',
        'id = "old"',
        "apps, id: each needs its own, got 'old' 2",
    ),
    "app named all": ('id = "new"', 'id = "all"', "apps 'all', id: needs another word"),
    "app without a name": ('name = "New"\n', "", "apps 'new', name: is needed"),
    "ids of no source": (
        'ids = { shop = ["new.app"] }',
        'ids = { shpo = ["new.app"] }',
        "apps 'new', ids: needs ids of sources, got 'shpo'; did you mean 'shop'",
    ),
    "ids in words": (
        '["new.app"]',
        '"new.app"',
        "apps 'new', ids, shop: needs a list, got 'new.app'",
    ),
    "ids a number": (
        '["new.app"]',
        "[874139669]",
        "apps 'new', ids, shop, 0: needs text in quotes, got 874139669",
    ),
    "no ids": ('["new.app"]', "[]", "apps 'new', ids, shop: needs at least 1"),
    "ids of another": (
        '["new.app"]',
        '["old.app"]',
        "apps 'new', ids, shop: .* got 'old.app', also of 'old'",
    ),
    "ids twice": (
        '"old.wrapper"',
        '"old.app"',
        "apps 'old', .* got 'old.app', also of",
    ),
    "until no source": (
        "until = { shop",
        "until = { shed",
        "apps 'old', until: needs ids of sources, got 'shed'",
    ),
    "until without ids": (
        'ids = { shop = ["old.app", "old.wrapper"] }\n',
        "",
        "apps 'old', until: needs identifiers under ids",
    ),
    "until in words": (
        "shop = 2021-01-17",
        'shop = "2021"',
        "until, shop: needs a date",
    ),
    # markets
    "code in small letters": (
        '"IN"\nname',
        '"in"\nname',
        "markets 'in', code: needs a code of ISO 3166-1 .* got 'in'; did you mean 'IN'",
    ),
    "code of the union": ('"NA"', '"UK"', "markets 'UK', code: .*did you mean 'GB'"),
    "code of nothing": ('"NA"', '"XX"', "markets 'XX', code: needs a code of ISO"),
    "code a number": (
        '"NA"',
        "516",
        "markets no. 2, code: needs text in quotes, got 516",
    ),
    "market twice": ('"NA"', '"IN"', "markets, code: each needs its own, got 'IN' 2"),
    "zone": (
        "Africa/Windhoek",
        "Africa/Windhuk",
        "markets 'NA', zone: needs an IANA time zone, .* mean 'Africa/Windhoek'",
    ),
    "market's key": (
        'zone = "Africa',
        'tz = 1\nzone = "Africa',
        "markets 'NA', tz: no such key",
    ),
    # groups
    "group of no code": (
        '"FR"]',
        '"FX"]',
        "groups, EU, 1: needs a code of ISO .* got 'FX'",
    ),
    "group in words": ('["DE", "FR"]', '"DE"', "groups, EU: needs a list, got 'DE'"),
    "code twice in a group": (
        '"FR"]',
        '"DE"]',
        "groups, EU: needs each code once, got 'DE'",
    ),
    "group named as a code": (
        "EU =",
        "DE =",
        "groups: needs names that are no code.* 'DE'",
    ),
    "group named all": (
        "EU =",
        "all =",
        "groups: needs names that are no code.* 'all'",
    ),
    # events
    "event's key": (
        "end_instant",
        "end_instnat",
        "'outage', end_instnat: no such key; did you mean 'end_instant'",
    ),
    "event twice": ('id = "outage"', 'id = "notice"', "events, id: each needs its own"),
    "instant without a zone": (
        "16:00:00Z",
        "16:00:00",
        "events 'outage', instant: needs a time zone on the instant",
    ),
    "instant that is a day": (
        "2021-01-15T16:00:00Z",
        "2021-01-15",
        "events 'outage', instant: needs an instant with a time zone",
    ),
    "instant in quotes": (
        "2021-01-15T16:00:00Z",
        '"2021-01-15T16:00:00Z"',
        "events 'outage', instant: needs an instant with a time zone",
    ),
    "year": (
        "2021-01-15T16",
        "0001-01-15T16",
        "instant: needs a year from 1990 to 2100",
    ),
    "instant and start": (
        "instant = 2021",
        "start = 2021-01-15\ninstant = 2021",
        "events 'outage': needs an instant or a start day, and not both; got both",
    ),
    "neither instant nor start": (
        "instant = 2021-01-15T16:00:00Z\nend_instant = 2021-01-17T00:06:03Z\n",
        "",
        "events 'outage': needs an instant or a start day, and not both; got neither",
    ),
    "end of an instant": (
        "end_instant = 2021-01-17T00:06:03Z",
        "end = 2021-01-17",
        "events 'outage', end: needs a start day",
    ),
    "end instant of a day": (
        "end = 2021-01-08",
        "end_instant = 2021-01-08T00:00:00Z",
        "events 'notice', end_instant: needs an instant",
    ),
    "event backwards": (
        "end = 2021-01-08",
        "end = 2021-01-04",
        "events 'notice', end: needs a day from 2021-01-05 on, got 2021-01-04",
    ),
    "outage backwards": (
        "2021-01-17T00:06:03Z",
        "2021-01-15T16:00:00Z",
        "events 'outage', end_instant: needs a time after 2021-01-15 16:00",
    ),
    "event's role": ('"focal"', '"focus"', "events 'notice', role: needs one of focal"),
    "severity": (
        '"high"',
        '"hihg"',
        "severity: needs one of high, medium, low, got 'hihg'; .* 'high'",
    ),
    "precision": (
        '"hour"',
        '"hours"',
        "precision: needs one of .*; did you mean 'hour'",
    ),
    "a start to the minute": (
        '"staggered"',
        '"minute"',
        "events 'notice', precision: with a start day it needs one of day",
    ),
    "an instant to the day": (
        '"hour"',
        '"day"',
        "events 'outage', precision: with an instant it needs to be finer than a day",
    ),
    "window backwards": (
        "[0, 8]",
        "[8, 0]",
        "events 'notice', window: needs an end on or after its start 8, got 0",
    ),
    "window before day zero": (
        "[0, 8]",
        "[-1, 8]",
        "window: needs to start on day zero",
    ),
    "window of one": ("[0, 8]", "[0]", "events 'notice', window"),
    "window of three": (
        "[0, 8]",
        "[0, 1, 2]",
        "window: needs at most 2 entries, got .0, 1, 2",
    ),
    "window of halves": (
        "[0, 8]",
        "[0, 8.5]",
        "window, 1: needs a whole number, got 8.5",
    ),
    "window of truth": (
        "[0, 8]",
        "[false, 8]",
        "window, 0: needs a whole number, got false",
    ),
    "no window": ("window = [0, 8]\n", "", "window: a focal event needs one"),
    "window of a confounder": (
        'role = "confounder"',
        'role = "confounder"\nwindow = [0, 1]',
        "events 'outage', window: a confounder is not estimated",
    ),
    "event's market": (
        '"EU", "IN"',
        '"EUU", "IN"',
        "events 'outage', markets: .* got 'EUU'; did you mean 'EU'",
    ),
    "no market": ('["EU", "IN"]', "[]", "events 'outage', markets: needs at least 1"),
    "all and more": (
        '"EU", "IN"',
        '"all", "IN"',
        "markets: 'all' needs to stand alone",
    ),
    "event's app": (
        'apps = ["new"]',
        'apps = ["nwe"]',
        "events 'outage', apps: .* got 'nwe'; did you mean 'new'",
    ),
    "no citation": (
        'citation = "another"\n',
        "",
        "events 'outage', citation: is needed",
    ),
    # sources
    "source's key": (
        "metrics =",
        "metric =",
        "sources 'shop', metric: no such key; did you mean 'metrics'",
    ),
    "source's zone": (
        '"UTC"',
        '"UCT+5"',
        "sources 'shop', zone: needs an IANA time zone",
    ),
    "source without metrics": ('["installs"]', "[]", "metrics: needs at least 1"),
    "control that is a competitor": (
        '"paint"',
        '"new.app"',
        "sources 'shop', controls: needs unrelated series, got 'new.app', which is app "
        r"'new' \(destination\) and so a competitor",
    ),
    "control named as an app": ('"paint"', '"new"', "got 'new', which is app 'new'"),
    "control twice": (
        '"paint"',
        '"chess"',
        "controls: needs each series once, got 'chess'",
    ),
    "doubt of no control": (
        "{ chess =",
        "{ ches =",
        "doubtful: needs to be among the controls, got 'ches'; did you mean 'chess'",
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_mistake_is_refused_with_its_file_and_key(refusal, old, new, said, changed):
    message = refusal(changed(old, new))
    assert "small.toml" in message
    assert re.search(said, message), message


@pytest.mark.parametrize("kind", ["apps", "markets", "events", "sources"])
@pytest.mark.parametrize("written", ['"words"', "[1]", "[]", "{ a = 1 }"])
def test_a_part_that_is_no_list_of_tables_is_refused_once(
    refusal, kind, written, small
):
    tables = re.compile(rf"\[\[{kind}\]\].*?\n\n|\[\[{kind}\]\].*\Z", re.DOTALL)
    message = refusal(f"{kind} = {written}\n" + tables.sub("", small))
    needs = rf"{kind}( no\. 1)?: needs (a list of tables|a table|at least 1)"
    assert len(re.findall(needs, message)) == 1, message


@pytest.mark.parametrize("kind", ["apps", "markets", "events", "sources"])
def test_a_part_that_is_not_there_is_refused(refusal, kind, small):
    tables = re.compile(rf"\[\[{kind}\]\].*?\n\n|\[\[{kind}\]\].*\Z", re.DOTALL)
    assert f"{kind}: is needed and is not there" in refusal(tables.sub("", small))


def test_one_table_for_a_list_of_them_is_refused(refusal, changed):
    assert "sources: needs a list of tables, each under [[sources]]" in refusal(
        changed("[[sources]]", "[sources]")
    )


def test_several_mistakes_are_told_in_one_error(refusal, changed):
    text = changed('"destination"', '"destinaton"')
    text = text.replace("16:00:00Z", "16:00:00").replace('"NA"', '"XX"')
    text = text.replace("[0, 8]", "[8, 0]").replace("title", "titel")
    text = text.replace('["paint", "chess"]', '["paint", "chess", "old.app"]')
    message = refusal(text)
    keys = [
        "apps 'new', role",
        "events 'outage', instant",
        "markets 'XX', code",
        "events 'notice', window",
        "titel: no such key",
        "title: is needed",
        "sources 'shop', controls",
    ]
    assert [key for key in keys if key not in message] == []
    assert "has 7 mistakes" in message
    assert len(message.splitlines()) == 8


def test_a_mistake_in_a_table_makes_no_mistakes_of_those_that_name_it(refusal, changed):
    """The app is there, if wrong: that events and ids name it is no second mistake."""
    message = refusal(changed('"destination"', '"nothing"'))
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("end", "refused"), [("2021-01-14", False), ("2021-01-15", True)]
)
def test_a_baseline_may_not_hold_the_day_that_an_event_splits(
    read, refusal, end, refused, changed
):
    """15 January 19:45 UTC splits the 15th in UTC and the 16th in India."""
    days = "start = 2021-01-05\nend = 2021-01-08\nday_zero = 2021-01-06\n"
    text = changed(days, "instant = 2021-01-15T19:45:00Z\n")
    text = text.replace('"staggered"', '"minute"').replace("2021-01-03", end)
    if refused:
        assert "before 2021-01-15, the first day of the focal" in refusal(text)
    else:
        assert read(text).baseline.end == date(2021, 1, 14)


def test_what_is_not_utf8_is_refused_with_its_line(refusal, changed):
    text = changed("Did they move?", "Là?").encode("latin-1")
    assert "needs to be UTF-8, and line 3 is not" in refusal(text)


@pytest.mark.parametrize("text", ["id = small", "{}", 'id = "a"\nid = "b"\n'])
def test_what_is_not_toml_is_refused_with_its_line(refusal, text):
    assert re.search(r"needs to be TOML, and is not: .*\(at line \d", refusal(text))


def test_a_date_with_day_and_month_swapped_is_shown_as_it_stands(refusal):
    words = refusal('id = "small"\nday = 2021-31-01\n')
    assert "line 2" in words
    assert "which reads 'day = 2021-31-01'; a date is written 2021-01-31" in words


def test_an_empty_file_is_told_all_it_needs(refusal):
    message = refusal("")
    for key in ("id", "title", "question", "baseline", "apps", "markets", "events"):
        assert f"  {key}: is needed and is not there" in message


@pytest.mark.parametrize(
    ("id", "needed"),
    [
        ("index.html", "the site of reports"), ("assets", "the site of reports"),
        ("runs", "the site of reports"), ("small.", "no dot at its end"),
        ("con", "device of Windows"), ("nul.x", "device of Windows"),
        ("com1", "device of Windows"), ("Small", "a-z"), ("x" * 101, "up to 100"),
    ],
)  # fmt: skip
def test_an_id_that_no_folder_of_reports_can_have_is_refused(
    refusal, changed, id, needed
):
    message = refusal(changed('"small"', f'"{id}"'))
    assert "small.toml: id: needs" in message
    assert needed in message
    assert f"got '{id}'" in message


def test_a_source_is_a_folder_too(refusal, small):
    message = refusal(small.replace("shop", "aux"))
    assert re.search(r"sources 'aux', id: needs another word than a device", message)
