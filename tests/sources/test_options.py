"""Options of a source: what it does not know is refused, and what is no address."""

import dataclasses
import datetime as dt

import pytest

from migration.errors import CannotAsk
from migration.report.gathering import fetched_lines
from migration.sources import fetch, load_panel
from migration.sources.driving import drive
from migration.sources.fetching import plan_of
from migration.sources.options import check_options
from migration.sources.registry import MODULES, fetchable
from migration.study import load_study
from migration.workspace import init_workspace

STUDY = load_study("whatsapp-2021")
WINDOW = (dt.date(2021, 1, 1), dt.date(2021, 1, 31))


def with_options(source, **options):
    spec = dataclasses.replace(STUDY.source(source), options=options)
    return dataclasses.replace(STUDY, sources=(spec,))


@pytest.mark.parametrize("source", fetchable())
def test_a_misspelt_option_is_refused_before_anything_is_asked(source):
    """Passed over, it would ask the public address in place of the one meant."""
    study = with_options(source, adress="http://127.0.0.1:9")
    with pytest.raises(CannotAsk, match=r"no option 'adress'.*did you mean 'address"):
        drive(plan_of(study, source, WINDOW), lambda _: pytest.fail("it asked"))


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8000", "ftp://mirror.example.org", "http://", 7, "mirror"]
)
@pytest.mark.parametrize("source", ["flathub", "gdelt", "trends"])
def test_what_is_no_address_is_refused(source, address):
    study = with_options(source, address=address)
    with pytest.raises(CannotAsk, match=r"needs http:// or https:// and a host"):
        drive(plan_of(study, source, WINDOW), lambda _: pytest.fail("it asked"))


@pytest.mark.parametrize("source", ["flathub", "app_store", "github"])
@pytest.mark.parametrize("who", ["me:secret@", "token@", ":secret@"])
def test_no_password_stands_in_an_address(source, who):
    """It would be sent, and kept in the manifest, in logs and in messages."""
    study = with_options(source, address=f"https://{who}mirror.example.org")
    with pytest.raises(CannotAsk, match=r"no name or password.*mirror") as told:
        drive(plan_of(study, source, WINDOW), lambda _: pytest.fail("it asked"))
    assert "secret" not in str(told.value)
    assert "token" not in str(told.value)


def test_an_address_by_name_is_checked_too():
    study = with_options("wikipedia_views", addresses={"wiki": "localhost/w"})
    with pytest.raises(CannotAsk, match=r"got 'localhost/w'"):
        check_options(study, "wikipedia_views")


def test_a_misspelt_option_is_refused_when_the_panel_is_read():
    """``left_out`` in place of ``leave_out`` would leave the file in."""
    study = with_options("trends", left_out=["b.csv"])
    with pytest.raises(CannotAsk, match="did you mean 'leave_out'"):
        load_panel(study, source="trends")


@pytest.mark.parametrize("source", sorted(set(MODULES) - {"simulated"}))
def test_the_shipped_study_passes(source):
    check_options(STUDY, source)


def test_a_chart_size_may_be_said_of_any_source():
    for source in ("app_store", "domains", "flathub"):
        study = with_options(source, chart_size=100)
        asked = []
        drive(plan_of(study, source, WINDOW), asked.append)
        assert asked


def test_the_table_of_a_fetch_says_the_whole_mistake(tmp_path):
    study = with_options("gdelt", markets="IN", address="http://127.0.0.1:9")
    done = fetch(study, workspace=init_workspace(tmp_path), offline=True)
    said = "\n".join(fetched_lines(done))
    assert "markets: needs a list, got 'IN'" in said
    assert "pydantic" not in said


def test_days_still_to_come_are_refused_by_name():
    with pytest.raises(CannotAsk, match=r"since needs a day up to .*, still to come"):
        fetch(STUDY, sources="flathub", since=dt.date(2999, 1, 1), offline=True)
