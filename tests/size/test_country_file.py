"""The bench of a day's file by country: the same extract first, then the times."""

from benchmarks.bench import country_file as bench


def test_five_megabytes_give_equal_extracts_and_then_times(capsys):
    assert bench.main(["--megabytes", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("5 MB, 72000 rows, extracts of the first 2 MB equal")
    names = [line[:18].strip() for line in lines[2:]]
    assert names == ["ours", "pandas in chunks", "the stream alone", "ratio"]


def test_nothing_is_timed_where_the_extracts_differ(capsys, monkeypatch):
    right = bench.ours
    monkeypatch.setattr(bench, "ours", lambda stream: right(stream)[:-1])
    assert bench.main(["--megabytes", "5"]) == 1
    said = capsys.readouterr()
    assert not said.out
    assert "extracts differ" in said.err


def test_memory_does_not_grow_with_the_file():
    small, large = (bench.cost(bench.ours, size).peak for size in (3, 9))
    assert large < 1.2 * small < 15_000_000


def test_the_file_has_the_wanted_rows_and_countries_in_turn():
    lines = b"".join(bench.pieces(1)).decode().splitlines()
    fields = [line.split("\t") for line in lines]
    assert {len(row) for row in fields} == {7}
    assert len({tuple(row[:4]) for row in fields}) == len(fields)
    wanted = [row for row in fields if row[5] in bench.ITEMS]
    assert len(wanted) == len(fields) // bench.WANTED_EACH
