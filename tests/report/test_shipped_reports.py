"""What ships renders: every report of both studies, and the same from a built wheel.

Few tests that check much: a study takes half a minute to render.
"""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def _run(folder, *arguments, **variables):
    """Run Python in a folder outside of any checkout."""
    made = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder, capture_output=True, encoding="utf-8", timeout=290, check=False,
        env={**os.environ, **variables},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return made.stdout


def _report(folder, *arguments, **variables):
    """Render in a new folder; give what was said."""
    folder.mkdir()
    return _run(folder, "-m", "migration", "report", *arguments, **variables)


def _manifest(folder, name):
    return json.loads((folder / f"{name}.manifest.json").read_bytes())


def _unpacked_wheel(folder):
    """Build the wheel from what is installed here, and lay it out as pip would."""
    told = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder]
    _run(folder, "-m", "pip", "wheel", *told, ROOT)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def _check_headline(folder):
    found = {row["app"]: row for row in _manifest(folder, "02_event_study")["headline"]}
    signal = [found["Signal"][name] for name in ("estimate", "conf_low", "conf_high")]
    assert signal == pytest.approx([1.2771, 0.9561, 1.5980], abs=5e-5)
    assert found["Signal"]["p_value"] == 0.01
    assert found["Slack"]["change"] == "not an effect: sign changes"
    assert {row["identification"] for row in found.values()} == {"bundle"}
    assert {row["source"] for row in found.values()} == {"flathub"}


def _check_sizes(folder):
    """Every page opens at once, the one of many figures as well."""
    sizes = {page.name: page.stat().st_size for page in folder.glob("*.html")}
    assert len(sizes) > 1
    assert {name: size for name, size in sizes.items() if size >= 1_000_000} == {}


def _check_page(folder, name):
    manifest = _manifest(folder, name)
    kept = [one["name"] for one in manifest["observed"] if one["sha256"]]
    assert kept == []  # nothing but what the key holds was read
    assert manifest["answers"]
    page = (folder / f"{name}.html").read_text(encoding="utf-8")
    shown = re.sub(r"<style>.*?</style>|<details.*?</details>", "", page, flags=re.S)
    assert not re.search(r">\s*(nan|None|inf|NaT)\s*<", shown)


def test_the_observed_study_says_what_it_found_and_a_wheel_says_the_same(tmp_path):
    said = _report(tmp_path / "work", "whatsapp-2021")
    folder = tmp_path / "work" / "reports" / "whatsapp-2021"
    assert "SIMULATED" not in said
    assert f"index: {folder / 'index.html'}" in said
    _check_headline(folder)
    _check_sizes(folder)
    for name in ("01_record", "02_event_study"):
        _check_page(folder, name)

    site = _unpacked_wheel(tmp_path)
    installed = {"PYTHONPATH": str(site), "MIGRATION_WORKSPACE": ""}
    _report(tmp_path / "empty", "whatsapp-2021", "--notebook", "01_record", **installed)
    where = _run(
        tmp_path / "empty", "-c", "import migration; print(migration.__file__)",
        **installed,
    )  # fmt: skip
    assert Path(where.strip()).is_relative_to(site)
    made = tmp_path / "empty" / "reports" / "whatsapp-2021" / "01_record.html"
    assert made.read_bytes() == (folder / "01_record.html").read_bytes()


def test_the_simulated_study_is_marked_throughout(tmp_path):
    said = _report(tmp_path / "work", "simulated-2021")
    assert said.startswith("SIMULATED\n")
    folder = tmp_path / "work" / "reports" / "simulated-2021"
    for name in ("02_event_study", "03_robustness", "04_migration"):
        _check_marked(folder, name)


def _check_marked(folder, name):
    assert _manifest(folder, name)["simulated"] is True
    page = (folder / f"{name}.html").read_text(encoding="utf-8")
    captions = re.findall(r"<caption[^>]*>([^<]+)<", page)
    shown = [text for text in captions if "Effects" in text or "gained" in text]
    assert shown
    assert all(text.startswith("SIMULATED") for text in shown)
    figures = re.findall(r'<img alt="([^"]*)"', page)
    assert len(figures) > (1 if name == "04_migration" else 3)
    empty = "Nothing to draw"  # says why there is no figure, and no number
    assert all(text.startswith(("SIMULATED", empty)) for text in figures)


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux alone")
def test_two_markets_have_a_report_each_the_same_by_cold_and_by_forked_kernels(
    tmp_path,
):
    asked = ("simulated-2021", "--market", "IN", "--market", "NA", "--isolation")
    pages = []
    for isolation in ("cold", "fork"):
        _report(tmp_path / isolation, *asked, isolation)
        folder = tmp_path / isolation / "reports" / "simulated-2021"
        found = [folder / f"05_market--{code}.html" for code in ("in", "na")]
        pages.append([path.read_text(encoding="utf-8") for path in found])
    assert pages[0] == pages[1]
    for page, code, name in zip(
        pages[0], ("in", "na"), ("India", "Namibia"), strict=True
    ):
        _check_page(folder, f"05_market--{code}")
        assert f"<h1>{name}: Did the event move people in one market?</h1>" in page
        assert page.count('<img alt="SIMULATED') == 3
        manifest = _manifest(folder, f"05_market--{code}")
        (signal,) = [r for r in manifest["headline"] if r["app"].startswith("Signal")]
        # 1.2 on day zero, times 0.93 a day: 0.9135 over the window's nine days.
        assert signal["conf_low"] < 0.9135 < signal["conf_high"]
        assert signal["identification"] == "window"
