"""The benches of many series and of panels: equal to the peer first, then the times."""

import pytest

from benchmarks.bench import dynamic_panel, interrupted_hac, synthetic_placebos


def names(printed):
    return [line.split("  ")[0] for line in printed.splitlines()]


def test_many_series_are_compared_and_timed(capsys, monkeypatch):
    monkeypatch.setattr(interrupted_hac, "REPEATS", 1)
    assert interrupted_hac.main(30) == 0
    lines = names(capsys.readouterr().out)
    assert lines[0].startswith("30 series of 82 days, levels of two events")
    assert lines[1] == "ours, arrays"
    assert lines[6] == "ours, interrupted_units(frame, design)"
    assert lines[-1] == "ratio"


def test_nothing_is_timed_where_the_errors_differ(capsys, monkeypatch):
    right = interrupted_hac.peer

    def off(y, x, weights):
        (estimate, error), seconds = right(y, x, weights)
        return (estimate, error + 1e-6), seconds

    monkeypatch.setattr(interrupted_hac, "peer", off)
    assert interrupted_hac.main(5) == 1
    said = capsys.readouterr()
    assert not said.out
    assert "the peer's errors differ by" in said.err


@pytest.mark.slow
def test_a_panel_is_compared_with_pyfixest(peers, capsys, monkeypatch):
    monkeypatch.setenv("MIGRATION_PEERS", str(peers))
    monkeypatch.setattr(dynamic_panel, "PEER_REPEATS", 1)
    assert dynamic_panel.main(((24, 60, 30),)) == 0
    lines = names(capsys.readouterr().out)
    assert lines[0].startswith("1440 rows, 30 daily effects and 1 bin of two events")
    assert lines[1:] == ["ours, clustered_paths(frame, designs)",
                         "pyfixest feols, CRV1", "ratio"]  # fmt: skip
    right = dynamic_panel.errors
    monkeypatch.setattr(dynamic_panel, "errors", lambda mine: right(mine) * 1.001)
    assert dynamic_panel.main(((24, 60, 30),)) == 1
    assert "the peer's errors differ by" in capsys.readouterr().err


@pytest.mark.slow
def test_placebos_are_compared_with_pysyncon_and_diff_diff(peers, capsys, monkeypatch):
    monkeypatch.setenv("MIGRATION_PEERS", str(peers))
    assert synthetic_placebos.main(12, 20) == 0
    lines = names(capsys.readouterr().out)
    assert lines[0].startswith("synthetic control with 12 donors and as many placebos")
    assert lines[5].startswith("synthetic DiD with 12 donors, 20 placebo draws; draws")
    assert lines[4] == lines[10] == "ratio"
    right = synthetic_placebos.spread
    monkeypatch.setattr(synthetic_placebos, "spread", lambda e: right(e) * 1.01)
    assert synthetic_placebos.main(12, 20) == 1
    said = capsys.readouterr()
    assert "synthetic DiD" not in said.out
    assert "the peer's errors differ by" in said.err
