"""A new study's file: it loads as it stands, and overwrites nothing."""

import dataclasses
import datetime as dt

import pytest
from click.testing import CliRunner

from migration.cli import cli
from migration.errors import StudyError
from migration.study import list_studies, load_study, new_study
from migration.study.new import INVENTED
from migration.study.zones import one_clock
from migration.workspace import init_workspace


def test_it_loads_as_it_stands_and_is_listed(tmp_path):
    here = init_workspace(tmp_path)
    path = new_study("mastodon-2022", here)
    assert path == tmp_path / "studies" / "mastodon-2022.toml"
    study = load_study("mastodon-2022", workspace=here)
    assert [app.role for app in study.apps] == ["origin", "destination"]
    assert [event.role for event in study.events] == ["focal"]
    assert "mastodon-2022" in [name for name, _, _ in list_studies(here)]
    assert "$" not in path.read_text(encoding="utf-8")


def written(tmp_path, *markets):
    here = init_workspace(tmp_path)
    draft = dataclasses.replace(INVENTED, markets=markets)
    text = new_study("mine", here, draft=draft).read_text(encoding="utf-8")
    loaded = load_study("mine", workspace=here)
    return text, {market.code: market.zone for market in loaded.markets}


def test_a_market_has_its_own_zone_where_that_is_one(tmp_path):
    """Germany's two show one time; Namibia is no missing value, the world has none."""
    markets = [("DE", "Germany"), ("IN", "India"), ("NA", "Namibia"), ("WW", "World")]
    text, zones = written(tmp_path, *markets)
    assert zones == {
        "DE": "Europe/Berlin",
        "IN": "Asia/Kolkata",
        "NA": "Africa/Windhoek",
        "WW": "UTC",
    }
    assert "choose the zone" not in text


@pytest.mark.parametrize("more", [(), (("GB", "United Kingdom"),)])
def test_a_market_of_several_zones_is_not_guessed(tmp_path, more):
    text, zones = written(tmp_path, ("NZ", "New Zealand"), *more)
    assert zones["NZ"] == "UTC"
    said = "# NZ has Pacific/Auckland, Pacific/Chatham: choose the zone of its days"
    assert said in text.splitlines()


def test_a_code_that_no_zone_is_listed_for_is_told(tmp_path):
    text, zones = written(tmp_path, ("BV", "Bouvet Island"))
    assert zones == {"BV": "UTC"}
    assert "# BV has no zone that is listed: choose the zone of its days" in text


def test_zones_that_part_on_some_day_are_several():
    """Volgograd went to Moscow's time on 27 December 2020."""
    zones, day = ("Europe/Moscow", "Europe/Volgograd"), dt.date(2020, 12, 27)
    late = dt.date(2021, 3, 1)
    assert one_clock(zones, day - dt.timedelta(days=1), late) is None
    assert one_clock(zones, day, late) == "Europe/Moscow"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Mastodon 2022", "to start with a letter or digit"),
        ("../away", "a-z, 0-9"),
        ("con", "a device of Windows"),
        ("index", "the site of reports uses"),
        ("whatsapp-2021", "already"),
        ("", "a-z, 0-9"),
    ],
)
def test_a_name_that_will_not_do_is_refused(tmp_path, name, words):
    here = init_workspace(tmp_path)
    with pytest.raises(StudyError, match=words):
        new_study(name, here)
    assert list(here.studies.iterdir()) == []


def test_a_second_one_of_a_name_leaves_the_first(tmp_path):
    here = init_workspace(tmp_path)
    path = new_study("mine", here)
    path.write_text("kept", encoding="utf-8")
    with pytest.raises(StudyError, match="already"):
        new_study("mine", here)
    assert path.read_text(encoding="utf-8") == "kept"


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    here = init_workspace(tmp_path)
    here.studies.rmdir()
    here.studies.write_text("a file", encoding="utf-8")
    with pytest.raises(StudyError, match="needs to be written"):
        new_study("mine", here)


def test_the_command_says_where_it_is_and_what_to_do_next(tmp_path):
    asked = ["new-study", "mine", "--workspace", str(tmp_path)]
    shown = CliRunner().invoke(cli, asked)
    assert shown.exit_code == 0
    assert str(tmp_path / "studies" / "mine.toml") in shown.output
    assert "migration show mine" in shown.output
