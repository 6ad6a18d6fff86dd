"""Own files and requests of two studies in one workspace: each reads its own."""

import dataclasses
import json

import pytest
from pandas.testing import assert_frame_equal
from sources.own_csv.cases import make_study
from sources.protocols import trends as site

import migration as mg
from migration.errors import NoData
from migration.sources import fetch, read_raw, status
from migration.sources.client import Client
from migration.store import STUDIES, Store, entry

VISITS = "Date,Domain,Visits\n2021-01-10,signal.org,1\n2021-01-11,signal.org,2\n"
SAID = {"exported": "2021-02-01", "market": "WW"}


@pytest.fixture
def two(tmp_path):
    """The same study under two names."""
    first = make_study(tmp_path)
    return first, dataclasses.replace(first, id="other")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text(VISITS, encoding="utf-8")
    return path


def values(study, space):
    return mg.load_panel(study, source="own_csv", workspace=space)["value"].tolist()


def test_a_file_is_read_for_the_study_that_it_was_added_for(two, workspace, file):
    first, other = two
    mg.add(first, file, said=SAID, workspace=workspace)
    assert values(first, workspace) == [1, 2]
    with pytest.raises(
        NoData, match="was added or asked for own, not for other: bring one"
    ):
        values(other, workspace)
    (row,) = status(other, workspace=workspace).to_dict("records")
    assert row["note"].endswith("not for other: migration add other own_csv FILE...")


def test_each_study_has_its_own_word_on_the_same_bytes(two, workspace, file):
    first, other = two
    mg.add(first, file, said=SAID, workspace=workspace)
    found = mg.add(other, file, said={**SAID, "market": "NA"}, workspace=workspace)
    assert repr(found) == "<own_csv: 1 added, 0 kept, 0 refused>"
    load = {"source": "own_csv", "workspace": workspace}
    assert set(mg.load_panel(first, **load)["market"]) == {"WW"}
    assert set(mg.load_panel(other, **load)["market"]) == {"NA"}
    assert len(list((workspace.raw / "own_csv").iterdir())) == 1
    again = mg.add(other, file, said={**SAID, "market": "NA"}, workspace=workspace)
    assert repr(again) == "<own_csv: 0 added, 1 kept, 0 refused>"
    mg.add(other, file, said={"use": "no"}, workspace=workspace)
    assert set(mg.load_panel(first, **load)["market"]) == {"WW"}
    with pytest.raises(NoData):
        mg.load_panel(other, **load)
    assert mg.verify(workspace) == []


def test_a_file_of_before_studies_were_noted_is_anybodys(two, workspace, file):
    first, other = two
    mg.add(first, file, said=SAID, workspace=workspace)
    place = workspace.raw / entry.MANIFEST
    line = json.loads(place.read_text(encoding="utf-8"))
    assert line["headers"].pop(STUDIES) == "own"
    place.write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert values(first, workspace) == values(other, workspace) == [1, 2]
    assert not mg.add(other, file, said=SAID, workspace=workspace).entries


def test_a_request_that_another_study_made_is_not_made_again(server, workspace):
    """The same request has the same scale: both studies read the one answer."""
    first = site.study(server.base)
    other = dataclasses.replace(first, id="other")
    server.script = {p: [sent] for p, sent in site.answers(server.base).items()}
    client = Client(contact="tests@example.org", pace=0.0, sleep=lambda _: None)
    how = {"since": site.FIRST, "until": site.LAST, "workspace": workspace}
    fetch(first, **how, client=client)
    with pytest.raises(NoData, match="asked for whatsapp-2021, not for other"):
        read_raw("trends", study=other, workspace=workspace)
    server.asked.clear()
    done = fetch(other, **how, client=client)
    client.close()
    assert (server.asked, done.failed) == ([], False)
    for study in (first, other):
        site.check(mg.load_panel(study, source="trends", workspace=workspace))
    noted = Store(workspace.raw).entries("trends")[-1].headers[STUDIES]
    assert noted == "whatsapp-2021 other"
    lines = len(Store(workspace.raw).entries("trends"))
    fetch(other, **how, offline=True)
    assert len(Store(workspace.raw).entries("trends")) == lines
    assert mg.verify(workspace) == []


def test_what_another_study_fetched_does_not_hide_what_ships(study, workspace):
    """Flathub's days of the shipped study are in the package."""
    before = mg.load_panel(study, source="flathub", workspace=workspace)
    url = "http://127.0.0.1/data/org.other.App.json"
    content = b'{"ref": "org.other.App", "stats": []}'
    Store(workspace.raw).put("flathub", "org.other.app.json", content, url=url)
    after = mg.load_panel(study, source="flathub", workspace=workspace)
    assert after.attrs["vintage"]["origin"] == "embedded"
    assert_frame_equal(after, before)
