import pandas as pd
import pytest

from migration.errors import SchemaDrift
from migration.sources import load_panel
from migration.sources.breaks import breaks_of, parse
from migration.study import load_study

HEAD = b"start,end,source,app_id,event,reference\n"


def test_breaks_are_named_as_the_panel_names_its_series():
    table = HEAD + (
        b"2020-12-17,,flathub,org.signal.Signal,level shifts up,seen\n"
        b"2020-12-07,2020-12-08,flathub,several,many downloads,seen\n"
        b"2021-01-18,,flathub,org.gimp.GIMP,renamed,seen\n"
        b"2021-01-18,,flathub,org.unknown.App,renamed,seen\n"
        b"2021-01-18,,elsewhere,org.signal.Signal,renamed,seen\n"
    )
    found = breaks_of({"b.csv": table}, load_study("whatsapp-2021"), "flathub")
    assert [(b["app"], b["day"]) for b in found] == [
        ("signal", "2020-12-17"),
        ("all", "2020-12-07"),
        ("org.gimp.GIMP", "2021-01-18"),
    ]
    assert found[0]["what"] == "org.signal.Signal: level shifts up"
    assert found[1]["what"] == "several series: many downloads"


def test_no_table_is_no_break():
    assert breaks_of({}, load_study("whatsapp-2021"), "flathub") == []


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (b"day,what\n2020-12-17,x\n", "start"),
        (HEAD + b"17 Dec,,flathub,a,b,c\n", "17 Dec"),
        (HEAD + b"2020-12-17,,flathub,,b,c\n", "no app_id"),
        (HEAD + b"2020-12-17,,flathub,a,,c\n", "no event"),
    ],
)
def test_a_damaged_table_is_refused(table, told):
    with pytest.raises(SchemaDrift, match=told):
        parse(table, source="flathub")


def test_the_shipped_panel_knows_its_breaks():
    study = load_study("whatsapp-2021")
    panel = load_panel(study, source="flathub", metric="new_installs")
    days = {(b["app"], b["day"]) for b in panel.attrs["breaks"]}
    assert {("signal", "2020-12-17"), ("whatsapp", "2020-12-17")} <= days
    assert pd.Series([b["what"] for b in panel.attrs["breaks"]]).is_unique
