"""The bench of exports compares like with like, and says so when it does not."""

from benchmarks.bench import trends_exports as bench


def test_a_few_exports_are_read_alike_and_timed(capsys):
    assert bench.main(files=3, repeats=1) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "3 exports of 212 days, the same numbers in all"
    assert [line.split()[0] for line in lines[1:]] == ["ours", "pandas.read_csv"]
    assert all(float(line.split()[1]) > 0 for line in lines[1:])


def test_nothing_is_timed_where_they_differ(capsys, monkeypatch):
    right = bench.ours

    def off(path):
        days, values = right(path)
        return days, values + 1

    monkeypatch.setattr(bench, "ours", off)
    assert bench.main(files=1, repeats=1) == 1
    said = capsys.readouterr()
    assert not said.out
    assert "multiTimeline-0.csv is read in two ways: nothing timed" in said.err
