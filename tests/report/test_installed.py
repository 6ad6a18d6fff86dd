"""A wheel alone, outside of the checkout: two studies from files, and their truth.

Nothing is downloaded: the package is installed from its wheel, and finds what it needs
in the environment that runs the tests.
"""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
SAID = {"market": "WW", "vendor": "SIMULATED", "metric": "downloads"}
TWITTER = {"Twitter": (90_000, -0.1), "Mastodon": (3000, 1.2), "Hive Social": (500, 0)}
REDDIT = {"Reddit": (90_000, -0.1), "Lemmy": (800, 1.5), "Discord": (50_000, 0)}
N_CONTROLS = 45


def downloads(apps, days, event, *, seed):
    """SIMULATED: what all share, what each has for itself, and an effect from a day."""
    rng = np.random.default_rng(seed)
    days = pd.date_range(*days, name="date")
    common = rng.normal(0, 0.08, size=len(days))
    controls = {f"Unrelated {k:02d}": (2000 + 90 * k, 0) for k in range(N_CONTROLS)}
    return pd.DataFrame(
        {
            name: level
            * np.exp(common + rng.normal(0, 0.12, len(days)) + effect * (days >= event))
            for name, (level, effect) in (apps | controls).items()
        },
        index=days,
    ).round(1)


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An environment with the package from its wheel, and our packages beside it."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    place = folder / "env"
    venv.create(place, with_pip=True)
    program = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = ["-m", "pip", "install", "--no-deps", "--no-index", "-qq", wheel]
    subprocess.run([program, *install], check=True, env=surroundings())
    found = [program, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = subprocess.run(found, check=True, capture_output=True, encoding="utf-8")
    beside = Path(own.stdout.strip()) / "beside.pth"
    beside.write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return program


def surroundings():
    """Nothing that would find the checkout, and the pages' templates beside ours."""
    barred = ("PYTHONPATH", "MIGRATION_WORKSPACE", "MIGRATION_CONTACT")
    kept = {key: value for key, value in os.environ.items() if key not in barred}
    return kept | {"JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter")}


@pytest.fixture
def run(python, tmp_path):
    """The command, in a folder of its own; it needs to succeed."""

    def call(*words, code=0):
        done = subprocess.run(
            [python, "-m", "migration", *map(str, words)],
            cwd=tmp_path,
            env=surroundings(),
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=1500,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "data/raw" in call("init", ".") or (tmp_path / "data" / "raw").is_dir()
    return call


def headline_of(folder, study, report):
    """Estimates of a report by app, each with its interval."""
    path = folder / "reports" / study / f"{report}.manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert manifest["status"] == "ok"
    return {row["app"]: row for row in manifest["headline"]}


def check_truth(found, truth):
    for app, (_, effect) in truth.items():
        low, high = found[app]["conf_low"], found[app]["conf_high"]
        assert low < effect < high, app
        assert (low > 0) == (effect > 1)  # large effects are found, and no others


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.timeout(2400)
def test_twitter_from_a_table_with_a_column_an_app(python, run, tmp_path):
    where = "import migration, sys; print(migration.__file__); print(sys.prefix)"
    program = [python, "-c", where]
    told = subprocess.run(
        program, cwd=tmp_path, env=surroundings(), capture_output=True, check=True
    )
    file, prefix = told.stdout.decode("utf-8").split()
    assert Path(file).is_relative_to(prefix)
    assert not Path(file).is_relative_to(ROOT)
    days = ("2022-07-01", "2022-12-31")
    table = downloads(TWITTER, days, "2022-10-28", seed=5)
    table.to_csv(tmp_path / "t.csv", sep=";", decimal=",", date_format="%d.%m.%Y")
    asked = run("add", "twitter-2022", "own_csv", "t.csv", code=2)
    for key in ("metric", "market", "vendor", "exported"):
        assert f"--say {key}=" in asked or f'--say "{key}=' in asked
    said = [w for pair in SAID.items() for w in ("--say", "=".join(pair))]
    said += ["--say", "exported=2023-01-05"]
    assert "migration controls twitter-2022" in run(
        "add", "twitter-2022", "own_csv", "t.csv", *said
    )
    run("controls", "twitter-2022", "--write")
    assert "none is named" not in run("status", "twitter-2022")
    run("build", "twitter-2022")
    run("report", "twitter-2022")
    found = headline_of(tmp_path, "twitter-2022", "02_event_study")
    check_truth(found, TWITTER)
    for report in ("03_robustness", "04_migration"):
        assert headline_of(tmp_path, "twitter-2022", report) is not None
    assert "3 of 3 reports fresh" in run("check", "twitter-2022")
    run("diff", "twitter-2022")
    page = (tmp_path / "reports" / "twitter-2022" / "02_event_study.html").read_text(
        encoding="utf-8"
    )
    assert "Signal" not in page
    assert "WhatsApp" not in page
    assert "SIMULATED" in page  # the vendor of the file
    assert "Tumblr|305343404|com.tumblr" in page  # in no file, and told so


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.timeout(2400)
def test_reddit_from_rows_whose_column_says_the_metric(run, tmp_path):
    days = ("2023-02-15", "2023-07-20")
    wide = downloads(REDDIT, days, "2023-06-12", seed=6)
    rows = wide.reset_index().melt("date", var_name="App", value_name="Downloads")
    rows.assign(Country="WW").to_csv(tmp_path / "r.csv", index=False)
    said = ("--say", "vendor=SIMULATED", "--say", "exported=2023-08-01")
    run("add", "reddit-2023", "own_csv", "r.csv", *said)
    run("controls", "reddit-2023", "--write")
    reports = ("02_event_study", "04_migration")
    run("report", "reddit-2023", *(w for r in reports for w in ("--notebook", r)))
    check_truth(headline_of(tmp_path, "reddit-2023", "02_event_study"), REDDIT)
    page = (tmp_path / "reports" / "reddit-2023" / "04_migration.html").read_text(
        encoding="utf-8"
    )
    assert "kbin|kbin.social" in page  # no file has it, and the others are asked about
    assert "Signal" not in page
    assert "WhatsApp" not in page
