"""What is stale, old or failed, and what the reports say else than the run before."""

import datetime as dt
import json
import re
import time
from dataclasses import replace

import pytest

from migration.report.checking import (
    check_all,
    check_study,
    span_words,
    standing_lines,
)
from migration.report.comparison import (
    changes_lines,
    changes_since,
    changes_values,
)
from migration.report.gone import gone_section, load_gone, note_gone
from migration.report.headline import Moved
from migration.report.overview import report_status, status, status_lines
from migration.report.plan import Choice, plan_reports
from migration.report.prune import prune
from migration.report.publish import publish, record_failure
from migration.report.seen import SEEN, last_seen, load_seen, note_seen
from migration.study import load_study

STUDY = "tiny-observed"
FILES = {"report.html": b"<p>page</p>", "report.ipynb": b"{}"}
WEEK = dt.timedelta(days=8)


@pytest.fixture
def study(workspace, put):
    """A study that names one notebook."""
    path = workspace.studies / f"{STUDY}.toml"
    text = path.read_text(encoding="utf-8")
    named = text.replace("baseline =", 'notebooks = ["tiny"]\nbaseline =')
    path.write_text(named, encoding="utf-8")
    put(workspace, "tiny", "# Title", "1 + 1")
    return load_study(STUDY, workspace=workspace)


@pytest.fixture
def place(workspace, study, record):
    """Put a report that is fresh in place, as one rendered some days ago."""

    def make(days=0.0, **choice):
        (job,) = plan_reports(study, workspace, Choice(**choice))
        finished = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
        made = record(
            job.name, key=job.key, components=job.parts, given=dict(job.given),
            inputs=[vars(one) for one in job.inputs], notebook="tiny.ipynb",
            market=None,
            timing={"finished": f"{finished:%Y-%m-%d %H:%M:%S}", "seconds": 1.0},
        )  # fmt: skip
        publish(workspace.reports / STUDY, job.name, FILES, made)
        return job

    return make


def states(found):
    return [(one.report, one.state) for one in found]


def test_fresh_and_young(workspace, study, place):
    place(days=1)
    place(days=1, parameters={"app": "telegram"})
    found = check_study(study, workspace, max_age=WEEK)
    assert [one.state for one in found] == ["fresh", "fresh"]
    assert standing_lines(found) == ["2 of 2 reports fresh"]


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (dt.timedelta(minutes=1), "1.0 minutes"),
        (dt.timedelta(minutes=119), "119.0 minutes"),
        (dt.timedelta(hours=2), "2.0 hours"),
        (dt.timedelta(days=8), "8.0 days"),
    ],
)
def test_no_span_that_is_asked_for_is_told_as_nothing(span, words):
    assert span_words(span) == words


def test_never_rendered_is_stale(workspace, study):
    (one,) = check_study(study, workspace)
    assert (one.state, one.why, one.rendered) == ("stale", ("never rendered",), None)


def test_old_is_stale_and_a_run_that_found_it_fresh_makes_it_young(
    workspace, study, place
):
    place(days=9.5)
    (one,) = check_study(study, workspace, max_age=WEEK)
    said = "no run has looked at it for 9.5 days, needed 8.0 days at most"
    assert (one.state, one.why) == ("stale", (said,))
    assert check_study(study, workspace)[0].state == "fresh"
    note_seen(workspace.reports / STUDY, ["tiny"])
    assert check_study(study, workspace, max_age=WEEK)[0].state == "fresh"


def test_a_failure_beats_what_is_stale(workspace, study, place, record):
    place()
    failure = record("tiny", key="sha256:other", message="no such column", cell=4)
    record_failure(workspace.reports / STUDY, "tiny", failure, {})
    (one,) = check_study(study, workspace)
    assert (one.state, one.why) == ("failed", ("no such column",))


def test_a_clock_that_ran_ahead_is_no_proof_that_a_schedule_runs(
    workspace, study, place
):
    """A run in 2030 by a wrong clock would keep the alarm silent until then."""
    place(days=-400)
    (one,) = check_study(study, workspace, max_age=WEEK)
    assert one.state == "stale"
    assert one.why[0].startswith("its time is 400.0 days ahead of the clock")
    place(days=-0.01)
    assert check_study(study, workspace, max_age=WEEK)[0].state == "fresh"


def test_what_nothing_makes_any_more_is_told(workspace, study, place, record):
    """And counted apart, in the words of the index and of `status`."""
    place()
    folder = workspace.reports / STUDY
    lost = record("old_name", notebook="old_name.ipynb", market=None)
    publish(folder, "old_name", FILES, lost)
    nowhere = record("tiny--xx", notebook="tiny.ipynb", market="XX", given={})
    publish(folder, "tiny--xx", FILES, nowhere)
    failure = record("failed_name", notebook="failed_name.ipynb", message="no")
    record_failure(folder, "failed_name", failure, {})
    found = check_study(study, workspace)
    assert states(found) == [
        ("tiny", "fresh"),
        ("failed_name", "gone"),
        ("old_name", "gone"),
        ("tiny--xx", "gone"),
    ]
    assert found[2].why == (
        "no longer made: its notebook, market or parameters are gone; bring them back, "
        f"or delete reports/{STUDY}/old_name.html and "
        f"reports/{STUDY}/old_name.manifest.json",
    )
    assert found[1].why[0].endswith(f"or delete reports/{STUDY}/failed/failed_name")
    assert standing_lines(found)[-1] == "1 of 1 reports fresh, 3 no longer made"
    rows = {row["report"]: row for row in report_status(study, workspace)}
    assert [rows[name]["state"] for name in ("tiny", "old_name")] == ["fresh", "gone"]
    assert rows["old_name"]["why"] == list(found[2].why)
    assert rows["failed_name"]["failed"] == "no"
    for name in ("old_name", "tiny--xx"):
        for end in (".html", ".manifest.json"):
            (folder / f"{name}{end}").unlink()
    (folder / "failed" / "failed_name" / "error.json").unlink()
    assert states(check_study(study, workspace)) == [("tiny", "fresh")]


def test_a_run_notes_what_the_check_calls_gone(workspace, study, place, record):
    """One by one, for the two look at it in ways of their own."""
    folder = workspace.reports / STUDY
    place()
    place(parameters={"n": 4})
    given = {"notebook": "tiny.ipynb", "given": {}, "market": None}
    for name, more in {
        "old_name": {"notebook": "old_name.ipynb"},
        "tiny--xx": {"market": "XX"},
        "tiny--ww": {"market": "WW"},
        "tiny--0": {"given": {"none": 1}},
        "tiny--1": {"given": {"n": 5}},
        "tiny--2": {"given": {"n": "a"}},
    }.items():
        publish(folder, name, FILES, record(name, **given | more))
    lost = record("lost", notebook="lost.ipynb", message="no")
    record_failure(folder, "lost", lost, {})
    note_gone(study, workspace, ["tiny"])
    found = states(check_study(study, workspace))
    assert load_gone(folder) == {name for name, state in found if state == "gone"}
    assert len(load_gone(folder)) == 7
    (folder / "old_name.manifest.json").unlink()
    assert "old_name" not in load_gone(folder)


def test_the_index_of_the_next_run_marks_what_is_gone(workspace, place, record, render):
    place()
    folder = workspace.reports / STUDY
    publish(folder, "old", FILES, record("old", notebook="old.ipynb"))
    run = render(workspace, "tiny")
    assert [one.status for one in run.outcomes] == ["fresh"]
    page = run.index.read_text(encoding="utf-8")
    assert page.index("No longer made") < page.index('href="old.html"')
    assert "<td>1</td>" in (workspace.reports / "index.html").read_text("utf-8")


def test_what_is_gone_stands_in_the_order_of_its_names(record):
    """Whether in place or never made, and whatever the reports are titled."""
    placed = [record(name, title=f"Z {name}") for name in ("d", "b")]
    failed = [record(name) for name in ("c", "a", "b")]
    page = gone_section(placed, failed)
    named = re.findall(r"<code>(?:failed/)?(\w)", page)
    assert named == ["a", "b", "c", "d"]


@pytest.mark.parametrize("held", ["{}", "{", '[1, ["tiny"]]', ""])
def test_a_note_of_what_is_gone_that_does_not_read_hides_nothing(tmp_path, held):
    (tmp_path / "tiny.manifest.json").write_text("{}", encoding="utf-8")
    (tmp_path / ".gone.json").write_text(held, encoding="utf-8")
    assert load_gone(tmp_path) == frozenset()


def test_what_is_noted_as_gone_stands_where_the_notebooks_do_not_read(
    workspace, study, place, record, put
):
    place()
    folder = workspace.reports / STUDY
    publish(folder, "old", FILES, record("old", notebook="old.ipynb"))
    note_gone(study, workspace, ["tiny"])
    put(workspace, "Bad Name", "1")
    publish(folder, "older", FILES, record("older", notebook="older.ipynb"))
    note_gone(study, workspace, ["tiny"])
    assert load_gone(folder) == {"old"}


def test_status_says_that_no_unrelated_series_are_named(workspace, study):
    """The rank of an effect among them is what its p-value rests on."""
    found = status(study, workspace)
    said = f"{STUDY} has no unrelated series: the rank of an effect among them, which"
    assert any(line.startswith(f"  {said}") for line in status_lines(found))
    (source,) = study.sources
    named = replace(study, sources=(replace(source, controls=("org.gimp.GIMP",)),))
    assert status(named, workspace)["hints"] == []


def test_what_does_not_read_is_told(workspace, study, place):
    place()
    path = workspace.reports / STUDY / "other.manifest.json"
    path.write_text("{}", encoding="utf-8")
    assert states(check_study(study, workspace))[-1] == (path.name, "unread")
    mark = path.with_name("failed") / "tiny" / "error.json"
    mark.parent.mkdir(parents=True)
    mark.write_text("{", encoding="utf-8")
    last = states(check_study(study, workspace))[-2:]
    assert last == [("failed/tiny/error.json", "unread"), (path.name, "unread")]


def test_every_study_that_has_reports_is_checked(workspace, place, put):
    place()
    put(workspace, "tiny", "# Other", "2")
    assert states(check_all(workspace)) == [("tiny", "stale")]
    (workspace.studies / f"{STUDY}.toml").unlink()
    (one,) = check_all(workspace)
    assert (one.report, one.state) == ("(all)", "failed")
    assert "tiny-observed" in one.why[0]


@pytest.mark.parametrize("held", ["[]", "{", '{"tiny": "yesterday"}', ""])
def test_a_note_that_does_not_read_makes_nothing_young(tmp_path, record, held):
    (tmp_path / SEEN).write_text(held, encoding="utf-8")
    made = record()
    rendered = dt.datetime(2026, 11, 23, 20, tzinfo=dt.UTC)
    assert last_seen(made, load_seen(tmp_path)) == rendered


def test_the_command_says_it_in_its_code(workspace, place, command, record):
    def check(*more):
        return command("check", *more, cwd=workspace.root)

    nothing = check()
    assert (nothing.returncode, nothing.stdout) == (4, "0 of 0 reports fresh\n")
    place(days=9)
    began = time.monotonic()
    assert check(STUDY).returncode == 0
    assert time.monotonic() - began < 20  # no kernel; half a second where it is quiet
    old = check("--max-age", "8d")
    assert old.returncode == 4
    assert old.stdout.startswith(f"stale   {STUDY}/tiny: no run has looked at it for")
    assert json.loads(check("--json").stdout)[0]["state"] == "fresh"
    wrong = check("--max-age", "soon")
    assert wrong.returncode == 2
    assert "such as 8d or 36h, got 'soon'" in wrong.stderr
    record_failure(workspace.reports / STUDY, "tiny", record("tiny", message="no"), {})
    assert check("--max-age", "8d").returncode == 1


ROW = {"app": "Signal", "event": "notice", "estimate": 1.25, "p_value": 0.01}
FIGURE = {"alt": "A line.", "sha256": "a" * 64}


@pytest.fixture
def runs(tmp_path, record):
    """Publish runs of reports: ``runs(report, number, **changed)``."""

    def make(report, number, **more):
        files = {"report.html": f"{report} {number}".encode(), "report.ipynb": b"{}"}
        timing = {"finished": f"2026-01-{number:02d} 00:00:00", "seconds": 1.0}
        said = {"headline": [ROW], "answers": ["Yes."], "figures": [FIGURE]}
        said |= {"run_id": f"run {number}", **more}
        key = f"sha256:{number:016d}{report}"
        made = record(report, key=key, timing=timing, **said)
        publish(tmp_path, report, files, made)
        return changes_since(tmp_path)

    return make


def test_a_first_run_is_new_and_the_same_again_is_the_same(runs):
    first = runs("tiny", 1)
    nothing = "no report here has a run before its own to be compared with"
    assert changes_lines(first) == ["new     tiny", nothing]
    found = runs("tiny", 2)
    assert (found.new, found.changed, found.same) == ((), (), 1)
    assert changes_lines(found) == ["1 of 1 reports say what they said before"]


def test_a_number_that_moved_has_its_old_and_new_value(runs, tmp_path):
    runs("tiny", 1)
    (one,) = runs("tiny", 2, headline=[ROW | {"estimate": 1.5, "change": "+1"}]).changed
    moved = Moved(row="Signal, notice", column="estimate", old=1.25, new=1.5)
    assert one.numbers == (moved,)
    assert (one.answers, one.figures) == ((), ())
    assert "  Signal, notice: estimate 1.25 to 1.5" in changes_lines(
        changes_since(tmp_path)
    )
    assert changes_since(tmp_path, tolerance=0.2).changed == ()
    assert json.dumps(changes_values(changes_since(tmp_path)))


@pytest.mark.parametrize(
    ("old", "new", "moves"),
    [
        (1.0, 1.0 + 9e-7, False), (1.0, 1.0 + 2e-6, True), (1e9, 1e9 + 1, False),
        (None, 1.0, True), (None, None, False), (1.0, "unbounded", True),
        (0.0, 5e-7, False), (True, 1, False), (float("nan"), float("nan"), False),
    ],
)  # fmt: skip
def test_what_moves_beyond_the_tolerance(runs, old, new, moves):
    runs("tiny", 1, headline=[ROW | {"estimate": old}])
    found = runs("tiny", 2, headline=[ROW | {"estimate": new}])
    assert bool(found.changed) is moves


def test_rows_are_known_by_what_they_are_of_not_by_their_place(runs):
    other = ROW | {"app": "Telegram", "estimate": 0.4}
    runs("tiny", 1, headline=[ROW, other])
    assert runs("tiny", 2, headline=[other, ROW]).changed == ()
    (one,) = runs("tiny", 3, headline=[other]).changed
    gone = {cell.column: (cell.old, cell.new) for cell in one.numbers}
    assert gone["estimate"] == (1.25, None)
    assert {cell.row for cell in one.numbers} == {"Signal, notice"}


def test_answers_and_figures_that_changed_are_named(runs):
    runs("tiny", 1)
    more = [FIGURE | {"sha256": "b" * 64}, {"alt": "A new one.", "sha256": "c"}]
    (one,) = runs("tiny", 2, answers=["No."], figures=more).changed
    assert (one.old_answers, one.answers) == (("Yes.",), ("No.",))
    assert one.figures == ("A line.", "A new one.")
    (one,) = runs("tiny", 3, answers=["No."], figures=more[:1]).changed
    assert one.figures == ("gone: A new one.",)


def test_of_several_answers_those_that_changed_alone_are_told(runs):
    runs("tiny", 1, answers=["One.", "Two.", "Three."])
    found = runs("tiny", 2, answers=["One.", "Three.", "Four."])
    assert changes_lines(found)[1:3] == ["  - Two.", "  + Four."]
    assert runs("tiny", 3, answers=["Four.", "One.", "Three."]).same == 1


def test_a_report_whose_manifest_does_not_read_is_not_called_gone(runs, tmp_path):
    runs("tiny", 1)
    runs("other", 1)
    (tmp_path / "other.manifest.json").write_text("{", encoding="utf-8")
    found = changes_since(tmp_path)
    assert (found.gone, found.unread) == ((), ("other.manifest.json",))


def test_a_report_that_is_gone_is_named(runs, tmp_path):
    runs("tiny", 1)
    runs("other", 1)
    (tmp_path / "other.manifest.json").unlink()
    assert changes_since(tmp_path).gone == ("other",)


def test_a_run_with_the_bytes_of_an_older_one_is_compared_with_that(runs):
    runs("tiny", 1)
    assert runs("tiny", 2, answers=["No."]).changed
    again = runs("tiny", 2, answers=["No."], run_id="another run")
    assert (again.changed, again.same) == ((), 1)


def test_the_run_before_is_still_there_when_old_ones_are_pruned(runs, tmp_path):
    for number in (1, 2, 3):
        runs("tiny", number, headline=[ROW | {"estimate": float(number)}])
    prune(tmp_path)
    (one,) = changes_since(tmp_path).changed
    assert (one.numbers[0].old, one.numbers[0].new) == (2.0, 3.0)


@pytest.mark.slow
def test_the_command_compares_a_run_with_the_one_before(workspace, put, command):
    card = """\
from IPython.display import display
display({{"application/vnd.migration.report+json": {{"vintage": [], "warnings": [],
    "headline": [{{"app": "signal", "estimate": {0}}}],
    "answer": "Yes."}}}}, raw=True)"""
    for estimate in (5.25, 5.5):
        put(workspace, "tiny", "# Title", card.format(estimate))
        done = command("report", STUDY, "--notebook", "tiny", cwd=workspace.root)
        assert done.returncode == 0, done.stderr
    said = command("diff", STUDY, cwd=workspace.root)
    assert said.returncode == 0
    assert "  signal: estimate 5.25 to 5.5\n" in said.stdout
    (workspace.reports / STUDY / "x.manifest.json").write_text("{}", encoding="utf-8")
    assert command("diff", STUDY, "--json", cwd=workspace.root).returncode == 1
