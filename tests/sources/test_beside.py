"""What stands beside an estimate, and what is named as absent."""

from migration.sources import load_beside
from migration.study import load_study


def test_the_observed_study_has_views_ranks_and_the_ledger():
    found = load_beside(load_study("whatsapp-2021"), attention="wikipedia_top")
    assert [p["metric"].iloc[0] for p in found.panels] == ["views", "rank"]
    assert found.ledger is not None
    assert len(found.used) == 3
    assert not found.absent


def test_a_simulated_study_has_none_of_it_and_says_so():
    found = load_beside(load_study("simulated-2021"), attention="wikipedia_top")
    assert found.used == ()
    assert found.absent == {
        "wikipedia_top": "simulated-2021 has no source 'wikipedia_top'",
        "published": "simulated-2021 names no app in the ledger",
    }


def test_a_source_of_which_nothing_is_here_is_named_with_the_way_to_it():
    study = load_study("whatsapp-2021")
    found = load_beside(study, attention="gdelt")
    assert not found.panels
    assert "nothing here yet: migration fetch whatsapp-2021" in found.absent["gdelt"]
