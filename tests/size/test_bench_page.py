"""The page of benches: targets first, a miss said; nothing where numbers differ."""

import sys

import pytest

from benchmarks.bench import compare, growth, import_time, many_series, page
from benchmarks.bench.compare import Comparison, DifferError


def fast():
    yield Comparison("a task of 10 series; equal", [("ours", 0.1), ("peer", 3.0)], 20.0)
    yield Comparison("an import; equal", [("both", 1.2), ("alone", 1.0)], limit=1.15)
    yield Comparison("no target; equal", [("ours", 0.1), ("peer", 0.2)])
    rows = [("a call", 0.1), ("peer", 0.3)]
    yield Comparison("slow; equal", rows, 5.0, beside=[("a kernel", 0.001)])


@pytest.fixture
def little(monkeypatch):
    """Stand-ins for the benches, which take minutes."""

    def say():
        sys.stdout.write("3 things, the same\n")
        return 0

    monkeypatch.setattr(page, "COMPARED", {"Fast": fast})
    monkeypatch.setattr(page, "PRINTED", {"Said": say})
    monkeypatch.setattr(page, "versions_of", lambda names: ", ".join(names))
    points = [growth.Point(10, 0.5, 100, 120), growth.Point(1000, 2.0, 150, 300)]
    monkeypatch.setattr(page.growth, "points", lambda _: points)


@pytest.mark.usefixtures("little")
def test_the_page_tells_targets_misses_and_growth(tmp_path):
    path = tmp_path / "benchmarks.md"
    assert page.main(path) == 0
    text = path.read_text(encoding="utf-8")
    assert "2 of 3 targets missed." in text
    lines = text.splitlines()
    rows = [
        line for line in lines if line.startswith(("| an import", "| a task", "| slow"))
    ]
    assert rows == [
        "| an import | both | alone | at most 1.15 | 1.2 | **NO** |",
        "| slow | a call | peer | at least 5 | 3 | **NO** |",
        "| a task of 10 series | ours | peer | at least 20 | 30 | yes |",
    ]
    assert "3 things, the same" in text
    # What a kernel takes stands below the ratio, which is not of it.
    assert lines[lines.index("slow; equal") + 3].split() == [
        "ratio",
        "3.0",
        "at",
        "least",
        "5",
    ]
    assert lines[lines.index("slow; equal") + 4].split() == [
        "a",
        "kernel",
        "0.0010",
        "s",
    ]
    assert "| 1,000 | 2.000 | 4.0 | 150 | 300 |" in text
    assert text.count("### ") == len(growth.TASKS)


@pytest.mark.usefixtures("little")
def test_nothing_is_written_where_numbers_differ(tmp_path, monkeypatch, capsys):
    def differ():
        raise DifferError("ours and the peer's estimates differ by 1")

    monkeypatch.setattr(page, "COMPARED", {"Fast": differ})
    assert page.main(tmp_path / "benchmarks.md") == 1
    assert not (tmp_path / "benchmarks.md").exists()
    assert "differ by 1: no page written" in capsys.readouterr().err
    monkeypatch.setattr(page, "COMPARED", {"Fast": fast})
    monkeypatch.setattr(page, "PRINTED", {"Said": lambda: 1})
    assert page.main(tmp_path / "benchmarks.md") == 1


def test_numbers_that_are_none_are_not_equal():
    with pytest.raises(DifferError, match="differ by nan"):
        compare.check_equal("errors", [1.0, float("nan")], [1.0, 1.0], most=1e-9)
    said = compare.check_equal("errors", [1.0], [1.0 + 1e-7], most=1e-6)
    assert said == "errors equal to 1e-07"


def test_imports_are_timed_in_turn(capsys):
    assert import_time.main(1) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "imports in 1 fresh processes each, in turn; medians"
    assert lines[-1].startswith("ratio")
    assert lines[-1].endswith("at most 1.15")


def test_many_series_equal_the_loops(capsys, monkeypatch):
    assert many_series.main(20) == 0
    assert capsys.readouterr().out.count("p-values equal to") == 2
    right = many_series.conformal
    monkeypatch.setattr(many_series, "conformal", lambda y, x: right(y, x) + 0.01)
    assert many_series.main(20) == 1
    said = capsys.readouterr()
    assert "conformal" not in said.out
    assert "the peer's p-values differ by 0.01" in said.err


def test_a_size_runs_in_a_process_of_its_own():
    name = "block-t and conformal"
    task = growth.Task(many_series.task, "series", 50, 5)
    seconds, before, peak = growth.measured(task, 100)
    assert seconds > 0
    assert not peak < before
    told = [point.size for point in growth.points(name, (1,))]
    assert told == [10_000]
