"""What a run tells, where nobody can be told any more."""

from types import SimpleNamespace

import pytest

from migration.errors import ReportError
from migration.report.events import Options
from migration.report.progress import JsonTeller
from migration.report.run import _Runner


class _Gone:
    """A log whose reader has left."""

    def write(self, _):
        raise BrokenPipeError(32, "Broken pipe")

    def flush(self):
        """Never reached."""


@pytest.fixture
def runner(workspace):
    return _Runner(workspace, Options(on_event=JsonTeller(_Gone())), ())


JOB = SimpleNamespace(name="tiny", key="sha256:0", why=("never rendered",))


def test_a_cell_that_cannot_be_told_of_is_no_fault_of_its_notebook(runner):
    """The index would say that the report failed, for a log that was full."""
    runner._tell("cell", 1, JOB, cell=1, cells=2)


@pytest.mark.parametrize("event", ["start", "fresh", "done", "failed"])
def test_the_next_event_ends_the_run_and_says_where_to_look(runner, event):
    said = r"what the run says could not be written \(Broken pipe\).*output goes"
    with pytest.raises(ReportError, match=said):
        runner._tell(event, 1, JOB)


def test_a_mistake_of_ours_is_not_passed_over(workspace):
    def strange(_):
        raise ValueError("a mistake of ours")

    with pytest.raises(ValueError, match="of ours"):
        _Runner(workspace, Options(on_event=strange), ())._tell("cell", 1, JOB)
