"""A study of one event from files alone: no new code, no outage, placebo or ledger."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from migration.cli import cli
from migration.workspace import init_workspace

DAYS = pd.date_range("2022-07-01", "2022-11-20")
LEVELS = {"Old App": (5000, -0.4), "New App": (300, 1.0)}
CONTROLS = [f"Other {k:02d}" for k in range(45)]
SAID = ("exported=2022-12-01", "market=WW", "metric=downloads", "vendor=SIMULATED")


def downloads(rng):
    """SIMULATED: each app its own noise, all a common one; an effect from day zero."""
    common = rng.normal(0, 0.08, size=len(DAYS))
    after = DAYS >= "2022-10-27"
    known = LEVELS | {name: (int(rng.integers(80, 4000)), 0.0) for name in CONTROLS}
    rows = []
    for name, (level, effect) in known.items():
        own = rng.normal(0, 0.15, size=len(DAYS)) + common + effect * after
        value = np.round(level * np.exp(own)).astype(int)
        rows.append(pd.DataFrame({"date": DAYS, "app": name, "value": value}))
    return pd.concat(rows)


def run(*words):
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.timeout(600)
def test_every_report_of_a_new_study_is_rendered(tmp_path):
    here = init_workspace(tmp_path)
    at = ("--workspace", str(tmp_path))
    run("new-study", "mine", *at)
    path = here.studies / "mine.toml"
    text = path.read_text(encoding="utf-8")
    named = json.dumps(CONTROLS)
    path.write_text(text.replace("controls = []", f"controls = {named}"), "utf-8")
    table = tmp_path / "downloads.csv"
    downloads(np.random.default_rng(7)).to_csv(table, index=False)
    said = [word for one in SAID for word in ("--say", one)]
    run("add", "mine", "own_csv", str(table), *said, *at)
    run("build", "mine", *at)
    shown = run("report", "mine", *at)
    assert "New App" in shown
    for name in ("02_event_study", "03_robustness", "04_migration"):
        manifest = json.loads(
            (here.reports / "mine" / f"{name}.manifest.json").read_text("utf-8")
        )
        assert manifest["status"] == "ok"
    page = (here.reports / "mine" / "04_migration.html").read_text(encoding="utf-8")
    assert "the study has no later focal event" in page.lower()
    low, high = (manifest["headline"][1][end] for end in ("conf_low", "conf_high"))
    assert low < LEVELS["New App"][1] < high
