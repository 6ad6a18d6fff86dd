"""The bench of the multiverse compares like with like, and says so when it does not."""

import pytest

from benchmarks.bench import multiverse as bench


@pytest.mark.slow
def test_the_batch_gives_what_a_plain_loop_gives(capsys, monkeypatch):
    monkeypatch.setattr(bench, "SERIES", (0, 50))
    assert bench.main(sample=3) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1518 specifications, 500 null curves; ")
    assert [line.split()[0] for line in lines[1:]] == ["ours", "loop", "ratio"]


def test_nothing_is_timed_where_they_differ(capsys, monkeypatch):
    right = bench.batch
    off = lambda base, asked: [(e + 1e-6, p) for e, p in right(base, asked)]  # noqa: E731
    monkeypatch.setattr(bench, "batch", off)
    monkeypatch.setattr(bench, "SERIES", (0,))
    assert bench.main(sample=1) == 1
    said = capsys.readouterr()
    assert not said.out
    assert "differ by 1e-06: nothing timed" in said.err
