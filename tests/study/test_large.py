"""A study of a megabyte is read, or refused, in seconds, whatever it is made of."""

import time

import pytest

from migration.errors import StudyError
from migration.study import load_study
from migration.study.file import MAX_BYTES

MOST_SECONDS = 20.0  # one of them takes three; without bounds some took an hour
EVENT = """
[[events]]
id = "late"
label = "Late"
role = "confounder"
precision = "day"
severity = "low"
start = 2021-02-01
citation = "none"
"""
APP = '[[apps]]\nid = "a{}"\nname = "n"\nrole = "control"\n'


def _listed(letter, number):
    return ", ".join(f'"{letter}{i}"' for i in range(number))


LARGE = {
    "apps": "".join(map(APP.format, range(4000)))
    + f'{EVENT}markets = ["all"]\napps = [{_listed("b", 20_000)}]\n',
    "markets": f"{EVENT}markets = [{_listed('x', 40_000)}]\n",
    "ids": APP.format(0) + f'ids = {{ shop = [{_listed("i", 60_000)}, "i1"] }}\n',
    "keys": APP.format(0) + "".join(f"k{i} = 1\n" for i in range(40_000)),
    "tables": "".join(f"[t{i}]\n" for i in range(40_000)),
    "names": APP.format("a" * 300_000)
    + f'{EVENT}markets = ["all"]\napps = ["{"b" * 150_000}{"a" * 150_000}"]\n',
}


@pytest.mark.once
@pytest.mark.parametrize("kind", LARGE)
def test_it_is_refused_in_seconds(tmp_path, small, kind):
    path = tmp_path / "small.toml"
    path.write_text(small + LARGE[kind], encoding="utf-8")
    assert path.stat().st_size < MAX_BYTES
    began = time.process_time()
    with pytest.raises(StudyError, match=r"needs|no such key"):
        load_study(path)
    assert time.process_time() - began < MOST_SECONDS
