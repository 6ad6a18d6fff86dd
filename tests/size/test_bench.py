"""The bench compares like with like, and says so when it does not."""

from benchmarks.bench import __main__ as bench


def test_ours_and_the_peers_estimates_are_equal(capsys, monkeypatch):
    monkeypatch.setattr(bench, "REPEATS", 1)
    assert bench.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("99 series, estimates equal")
    assert lines[-1].startswith("ratio")


def test_nothing_is_timed_where_they_differ(capsys, monkeypatch):
    right = bench.ours
    monkeypatch.setattr(bench, "ours", lambda sample: right(sample) + 1e-6)
    assert bench.main() == 1
    said = capsys.readouterr()
    assert not said.out
    assert "differ by 1e-06" in said.err
