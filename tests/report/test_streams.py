"""What a cell prints: joined as it is read, bounded, and never a reason to hang."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbclient import client
from nbformat.v4 import new_output

from migration.errors import ReportError
from migration.report.streams import MOST, joined, length, shortened, too_long

TEXT = st.text(alphabet="ab\r\n", max_size=12)
STREAM = st.tuples(st.sampled_from(["stdout", "stderr"]), TEXT)


def _stream(name, text):
    return new_output("stream", name=name, text=text)


@given(st.lists(STREAM, max_size=6))
def test_a_text_in_pieces_is_the_one_that_the_notebook_library_joins(pieces):
    """Its own pattern is the oracle, on texts too short for it to take long."""
    found = joined([_stream(*piece) for piece in pieces])
    said = {name: "".join(t for n, t in pieces if n == name) for name, _ in pieces}
    for output in found:
        expected = client._RGX_CARRIAGERETURN.sub("", said[output.name])
        assert output.text == expected
    names = [output.name for output in found]
    assert names == sorted(said, reverse=True)


def test_what_stands_between_two_texts_keeps_its_place():
    shown = new_output("display_data", data={"text/plain": "7"})
    found = joined([_stream("stderr", "a"), shown, _stream("stderr", "b\rc\n")])
    assert [one.get("text", "shown") for one in found] == ["c\n", "shown"]


def test_one_line_of_megabytes_is_joined_at_once():
    began = time.monotonic()
    (whole,) = joined([_stream("stdout", "x" * 1_000_000)] * 4)
    assert (len(whole.text), time.monotonic() - began < 5) == (4_000_000, True)


def test_figures_are_no_text_and_the_limit_is_the_last_that_passes():
    figure = new_output("display_data", data={"image/png": "x" * 9, "text/plain": "ab"})
    full = _stream("stdout", "x" * (MOST - 2))
    assert length([figure, full]) == MOST
    assert too_long([figure, full]) == ""
    assert "5,000,000 characters" in too_long([figure, full, _stream("stdout", "y")])


def test_the_middle_of_a_long_text_is_left_out():
    assert shortened("abc", 4) == "abc"
    assert shortened("abcdefgh", 4) == "ab [...] gh"


def test_an_error_of_megabytes_keeps_its_ends(workspace, put, render):
    """Each place that takes this machine's folders out of it would read it again."""
    put(workspace, "wordy", "# Title", "raise ValueError('a' + 'x' * 9_000_000 + 'z')")
    (outcome,) = render(workspace, "wordy").outcomes
    assert "ValueError: axxx" in str(outcome.error)
    assert str(outcome.error).endswith("xxxz")
    failed = workspace.reports / "tiny-observed" / "failed" / "wordy"
    assert sum(path.stat().st_size for path in failed.iterdir()) < 200_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        "for _ in range(1_000_000): print('x' * 1_000_000)",
        "print('x' * 6_000_000)",
    ],
)
def test_a_cell_that_prints_without_end_fails_and_little_of_it_is_kept(
    workspace, put, render, source
):
    put(workspace, "flood", "# Title", source)
    (outcome,) = render(workspace, "flood").outcomes
    assert isinstance(outcome.error, ReportError)
    assert "cell 3: this cell put out more than 5,000,000" in str(outcome.error)
    kept = workspace.reports / "tiny-observed" / "failed" / "flood" / "report.ipynb"
    assert kept.stat().st_size < 2 * MOST
    assert "[cut here]" in json.dumps(json.loads(kept.read_text(encoding="utf-8")))


def test_a_line_of_half_a_megabyte_is_no_fault(workspace, put, render):
    put(workspace, "long", "# Title", "print('x' * 500_000)")
    (outcome,) = render(workspace, "long").outcomes
    assert outcome.error is None
