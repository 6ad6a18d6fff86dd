"""Another question from files alone: from Twitter to Mastodon, 27 October 2022.

The study and the file lie outside the project, and the numbers are SIMULATED: Mastodon
gains 0.9 in logs from the takeover on, and nothing else happens to it.
"""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import migration as mg
from migration.cli import cli

GAIN = 0.9
CONTROLS = tuple(f"Unrelated {n}" for n in range(24))
STUDY = f"""
id = "mastodon-2022"
title = "Did people move from Twitter to Mastodon after the takeover?"
question = "Did installs of Mastodon rise after 27 October 2022?"
baseline = {{ start = 2022-09-01, end = 2022-10-25 }}
markets = [{{ code = "WW", name = "World", zone = "UTC" }}]

[[apps]]
id = "twitter"
name = "Twitter"
role = "origin"
ids.own_csv = ["Twitter"]

[[apps]]
id = "mastodon"
name = "Mastodon"
role = "destination"
ids.own_csv = ["Mastodon for iPhone", "Mastodon for Android"]

[[events]]
id = "takeover"
label = "The takeover of Twitter closes"
role = "focal"
precision = "day"
severity = "high"
markets = ["all"]
citation = "made up for a test; the day is that of the press"
start = 2022-10-27
window = [1, 7]

[[sources]]
id = "own_csv"
metrics = ["downloads"]
zone = "UTC"
controls = [{", ".join(f'"{name}"' for name in CONTROLS)}]
"""


def write_installs(path):
    """One table of a vendor that no form knows: semicolons, points in thousands."""
    rng = np.random.default_rng(20221027)
    days = pd.date_range("2022-09-01", "2022-11-05")
    common = 0.03 * rng.normal(size=len(days)).cumsum() + 0.1 * (days.day_of_week >= 5)
    names = ("Twitter", "Mastodon for iPhone", "Mastodon for Android", *CONTROLS)
    tables = []
    for name in names:
        logs = rng.uniform(9, 12) + common + 0.1 * rng.normal(size=len(days))
        logs += GAIN * name.startswith("Mastodon") * (days >= "2022-10-28")
        counts = [f"{n:,.0f}".replace(",", ".") for n in np.exp(logs)]
        tables.append(pd.DataFrame({"Tag": days.strftime("%d.%m.%Y"), "App": name,
                                    "Installationen": counts}))  # fmt: skip
    pd.concat(tables).to_csv(path, sep=";", index=False, encoding="utf-16")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A workspace outside the project, filled by the command alone."""
    root = tmp_path_factory.mktemp("elsewhere")
    run("init", root, root=root)
    study = root / "studies" / "mastodon-2022.toml"
    study.write_text(STUDY, encoding="utf-8")
    write_installs(root / "installs.csv")
    said = {
        "date_column": "Tag", "app_column": "App", "value_column": "Installationen",
        "metric": "downloads", "unit": "installs a day", "market": "WW",
        "vendor": "SIMULATED by a test", "exported": "2022-12-01",
    }  # fmt: skip
    pairs = [part for key, text in said.items() for part in ("--say", f"{key}={text}")]
    add = ("add", "mastodon-2022", "own_csv", root / "installs.csv", *pairs)
    refused = run(*add, root=root, code=2).stderr
    assert "may be a whole number, or have decimals" in refused
    option = refused.partition("Add, with your own: ")[2].split()
    added = run(*add, *option, root=root).stdout
    assert added.endswith("own_csv: 1 added, 0 kept, 0 refused\n")
    built = run("build", "mastodon-2022", root=root).stdout
    assert built.startswith("own_csv: 1,716 rows in data/processed/mastodon-2022/")
    return root


def run(*arguments, root, code=0):
    asked = [*map(str, arguments), "--workspace", str(root)]
    done = CliRunner().invoke(cli, asked, standalone_mode=False)
    assert done.exception is None, done.exception
    assert (done.return_value or 0) == code, done.stderr
    return done


def test_an_effect_is_found_from_files_alone(folder, monkeypatch):
    monkeypatch.chdir(folder)
    study = mg.load_study("mastodon-2022")
    panel = mg.load_panel(study, source="own_csv", metric="downloads")
    assert panel.attrs["vintage"]["readings"][0]["vendor"] == "SIMULATED by a test"
    frame = mg.to_outcome(panel, "log_count")
    design = mg.design_for(study, frame, app="mastodon", event="takeover")
    assert len(design.controls) == len(CONTROLS)
    result = mg.event_study(frame, design)
    assert result.headline["estimate"] == pytest.approx(GAIN, abs=0.1)
    assert 0.5 < result.headline["conf_low"] < GAIN < result.headline["conf_high"] < 1.3
    assert "SIMULATED" in repr(result)  # the file says it, the study does not
    assert panel.attrs["simulated"] is True
    assert "simulated" not in panel.attrs["vintage"]
    assert result.design.event == pd.Timestamp("2022-10-27")


def test_what_is_built_is_what_is_loaded(folder, monkeypatch):
    from migration.sources import load_built

    monkeypatch.chdir(folder)
    study = mg.load_study("mastodon-2022")
    (built,) = mg.build(study)
    assert not built.rebuilt
    stored = load_built(built.path)
    loaded = mg.load_panel(study, source="own_csv")
    pd.testing.assert_frame_equal(stored, loaded)
    assert stored.attrs == loaded.attrs
