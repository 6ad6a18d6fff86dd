"""SIMULATED studies of ranks, and with days that are not known: what reports say."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from migration.cli import cli
from migration.workspace import init_workspace

DAYS = pd.date_range("2022-08-01", "2022-11-10")
EVENT = pd.Timestamp("2022-10-27")
CONTROLS = [f"Other {k:02d}" for k in range(21)]
LEADS = ("Old App", "New App", "Small App")
ROLES = dict(zip(LEADS, ("origin", "destination", "destination"), strict=True))
STUDY = """\
id = "{id}"
title = "A made-up study"
question = "Did people move?"
simulated = true
baseline = {{ start = 2022-08-01, end = 2022-10-23 }}
notebooks = ["02_event_study", "03_robustness", "04_migration"]
markets = [{{ code = "US", name = "United States", zone = "UTC" }}]
{apps}
[[events]]
id = "sale"
label = "The sale"
role = "focal"
start = 2022-10-27
precision = "day"
severity = "high"
markets = ["all"]
window = [0, 8]
citation = "Made up"

[[sources]]
id = "own_csv"
metrics = ["{metric}"]
zone = "UTC"
controls = {controls}
"""
APP = """
[[apps]]
id = "{id}"
name = "{name}"
role = "{role}"
ids = {{ own_csv = ["{name}"] }}
"""


def made_up(levels, noise):
    """SIMULATED: by app a level and an effect on its log from the event on."""
    rng = np.random.default_rng(5)
    after = (DAYS >= EVENT).astype(float)
    common = rng.normal(0, 0.05, len(DAYS))
    values = {
        name: level * np.exp(rng.normal(0, noise, len(DAYS)) + common + effect * after)
        for name, (level, effect) in levels.items()
    }
    return pd.DataFrame(values, index=DAYS)


def counts():
    """SIMULATED: the old app falls by 40%, the others rise."""
    levels = {"Old App": (5000, -0.5), "New App": (400, 0.6), "Small App": (300, 0.5)}
    levels |= {name: (200 + 90 * k, 0.0) for k, name in enumerate(CONTROLS)}
    return made_up(levels, 0.1).round().astype(int).astype(object)


def ranks():
    """SIMULATED: places by downloads of one chart, on which the small app often ends.

    The old app falls to worse places, whose numbers are larger.
    """
    levels = {"Old App": (1050, -1.0), "New App": (770, 1.0), "Small App": (630, 0.0)}
    levels |= {name: (700 + 25 * k, 0.0) for k, name in enumerate(CONTROLS)}
    found = made_up(levels, 0.15).rank(axis=1, ascending=False)
    off = found["Small App"] == len(levels)
    found["Small App"] = found["Small App"].mask(off)
    return found.astype(object).where(found.notna(), "")


def run(*words):
    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def report(folder, table, metric, *said):
    """Render every report of a study of the table; what is printed, and by notebook."""
    here = init_workspace(folder)
    apps = "".join(
        APP.format(id=n.split()[0].lower(), name=n, role=r) for n, r in ROLES.items()
    )
    text = STUDY.format(
        id="mine", apps=apps, metric=metric, controls=json.dumps(CONTROLS)
    )
    (here.studies / "mine.toml").write_text(text, encoding="utf-8")
    file = folder / "table.csv"
    table.rename_axis("date").to_csv(file, date_format="%Y-%m-%d")
    at = ("--workspace", str(folder))
    told = ("exported=2022-12-01", "market=US", f"metric={metric}", "vendor=SIMULATED")
    more = [word for one in (*told, *said) for word in ("--say", one)]
    run("add", "mine", "own_csv", str(file), *more, *at)
    printed = run("report", "mine", *at)
    found = {}
    for name in ("02_event_study", "03_robustness", "04_migration"):
        path = here.reports / "mine" / f"{name}.manifest.json"
        found[name] = json.loads(path.read_text("utf-8"))
        assert found[name]["status"] == "ok"
    return printed, found


def answer_of(manifest):
    return "\n".join(manifest["answers"])


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.timeout(900)
def test_reports_of_ranks_say_who_fell_and_count_nobody(tmp_path):
    printed, found = report(tmp_path, ranks(), "rank", "chart_size=24")
    said = answer_of(found["02_event_study"])
    assert "Rank of Old App fell: the number of its place became" in said
    assert "Rank of New App improved: the number of its place became" in said
    assert "The change in rank of Small App cannot be told from zero" in said
    assert "No effect on rank of Small App" not in said
    rows = {row["app"]: row for row in found["02_event_study"]["headline"]}
    assert rows["Old App"]["estimate"] < 0 < rows["New App"]["estimate"]
    assert rows["Old App"]["change"].startswith("worse, ")
    small = rows["Small App"]  # off the chart on many days: answered by intervals
    assert small["conf_low"] < 0 < small["conf_high"]
    assert small["estimand"] == "mean of the latent index -log rank"
    migration = answer_of(found["04_migration"])
    assert "a rank is an order and no count" in migration
    assert "a day" not in migration.split("no quantity of migration is computed")[0]
    assert "Old App worse, " in said
    assert "New App better, " in said
    shares = said.split("Seen here")[0].replace("95% intervals", "")
    assert "%" not in shares.replace("80% of unrelated series", "")
    assert "SIMULATED" in printed


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.timeout(900)
def test_a_missing_day_and_a_suppressed_app_are_told_by_name(tmp_path):
    table = counts()
    table.loc["2022-09-14", "Old App"] = ""
    table.loc["2022-08-01":"2022-08-20", "Small App"] = "<5"
    printed, found = report(tmp_path, table, "downloads")
    for name in ("02_event_study", "04_migration"):
        rows = {row["app"]: row for row in found[name]["headline"]}
        assert set(LEADS) <= set(rows)
        assert rows["New App"]["estimate"] == pytest.approx(0.6, abs=0.15)
        for app, day in (("Old App", "2022-09-14"), ("Small App", "2022-08-01")):
            assert rows[app]["estimate"] is None
            assert day in rows[app]["change"]
    said = answer_of(found["02_event_study"])
    assert "No effect on downloads of Old App can be given" in said
    assert "No effect on downloads of Small App can be given" in said
    assert "Old App: no estimate to check" in answer_of(found["03_robustness"])
    migration = answer_of(found["04_migration"])
    assert "Who gained and who lost is not computed: Old App: " in migration
    assert "not estimated: 'y' lacks 1 values" in printed
