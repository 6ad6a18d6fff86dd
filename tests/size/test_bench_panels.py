"""The benches of many series and of panels: equal to the peer first, then the times."""

import numpy as np
import pytest

from benchmarks.bench import dynamic_panel, interrupted_hac, synthetic_placebos


def names(printed):
    return [line.split("  ")[0] for line in printed.splitlines()]


def test_many_series_are_compared_and_timed(capsys, monkeypatch):
    monkeypatch.setattr(interrupted_hac, "REPEATS", 1)
    assert interrupted_hac.main(30) == 0
    lines = names(capsys.readouterr().out)
    assert lines[0].startswith("30 units and 99 unrelated ones, a frame of 11868 rows")
    assert lines[1] == "ours, interrupted_units(frame, design)"
    assert lines[4].startswith("30 series of 82 days, arrays to estimates and errors")
    assert lines[5] == "ours, arrays"
    assert lines[3] == lines[7] == "ratio"


def test_public_calls_have_targets_of_their_own_beside_the_kernels(monkeypatch):
    monkeypatch.setattr(interrupted_hac, "REPEATS", 1)
    public, kernel = interrupted_hac.compare(20)
    assert public.wanted == "at least 30"
    assert "(frame, design)" in public.ways[0][0]
    assert kernel.wanted == "at least 100"
    assert "arrays" in kernel.ways[0][0]


def test_the_peers_loop_over_a_frame_has_its_loop_over_arrays():
    frame, design = interrupted_hac.framed(3)
    days, x = interrupted_hac.regressors()
    own = frame[frame["period"].isin(days) & frame["unit"].isin(design.treated)]
    y = own["y"].to_numpy().reshape(3, len(days))
    (estimate, error), _ = interrupted_hac.peer(y, x, x[:2])
    table = interrupted_hac.peer_table(frame, design)
    np.testing.assert_allclose(table[:, 0], estimate, rtol=1e-12)
    np.testing.assert_allclose(table[:, 1], error, rtol=1e-12)
    assert (table[:, 2] < table[:, 0]).all()
    assert (table[:, 3] > table[:, 0]).all()


def test_nothing_is_timed_where_the_errors_differ(capsys, monkeypatch):
    right, table = interrupted_hac.peer, interrupted_hac.peer_table

    def off(y, x, weights):
        (estimate, error), seconds = right(y, x, weights)
        return (estimate, error + 1e-6), seconds

    monkeypatch.setattr(interrupted_hac, "REPEATS", 1)
    monkeypatch.setattr(interrupted_hac, "peer", off)
    assert interrupted_hac.main(5) == 1
    said = capsys.readouterr()
    assert "arrays" not in said.out
    assert "the peer's errors differ by" in said.err
    monkeypatch.setattr(
        interrupted_hac, "peer_table", lambda *given: table(*given) + 1e-6
    )
    assert interrupted_hac.main(5) == 1
    said = capsys.readouterr()
    assert not said.out
    assert "the peer's estimates differ by" in said.err


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
    assert lines[3] == lines[8] == "ratio"
    assert lines[4] == "ours, the weights alone, arrays"
    right = synthetic_placebos.spread
    monkeypatch.setattr(synthetic_placebos, "spread", lambda e: right(e) * 1.01)
    assert synthetic_placebos.main(12, 20) == 1
    said = capsys.readouterr()
    assert "synthetic DiD" not in said.out
    assert "the peer's errors differ by" in said.err
