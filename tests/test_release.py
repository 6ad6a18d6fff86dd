"""A release: one version wherever it stands, and archives that hold what they must."""

import importlib.util
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
CITATION = "cff-version: 1.2.0\nversion: 1.2.3\ndate-released: 2026-01-02\n"
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n\n## [1.2.2] - "
CHANGELOG += "2025-01-02\n"


@pytest.fixture
def release(monkeypatch):
    """The tool, whose neighbours are found beside it."""
    monkeypatch.syspath_prepend(str(TOOLS))
    yield load("release")
    for name in ("archives", "dev", "environments", "release"):
        sys.modules.pop(name, None)


def test_what_the_readme_links_to_is_in_a_source_distribution(archives):
    """An index of packages shows the text alone: its readers are sent to docs/."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert len(links) > 10
    assert [one for one in links if not (ROOT / one).is_file()] == []
    assert [one for one in links if archives.UNWANTED.search(one)] == []
    assert "pages of the source distribution, in `docs/`" in text


@pytest.fixture
def archives():
    yield load("archives")
    sys.modules.pop("archives", None)


def load(name):
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_the_project_its_citation_and_its_changelog_are_of_one_version(release):
    version = release.version_of_project()
    whole = release.Release(Path(sys.executable), ROOT, version)
    assert version in release.versions(whole)


@pytest.mark.parametrize(
    ("version", "citation", "changelog"),
    [
        ("1.2.4", CITATION, CHANGELOG),
        ("1.2.3", CITATION.replace("1.2.3", "1.2.2"), CHANGELOG),
        ("1.2.3", CITATION.replace("2026", "2025"), CHANGELOG),
        ("1.2.3", CITATION, CHANGELOG.replace("## [1.2.3] - 2026-01-02", "")),
        ("1.2.3", "", ""),
    ],
)
def test_versions_that_differ_are_told(release, version, citation, changelog):
    told = release.check_versions("1.2.3", CITATION, CHANGELOG)
    assert (
        told == "1.2.3 of 2026-01-02 in pyproject.toml, CITATION.cff and CHANGELOG.md"
    )
    with pytest.raises(release.CheckError, match=f"pyproject.toml has {version}"):
        release.check_versions(version, citation, changelog)


@pytest.mark.skipif(
    importlib.util.find_spec("check_jsonschema") is None,
    reason="needs check-jsonschema",
)
def test_the_citation_is_of_its_schema(release):
    release.citation(release.Release(Path(sys.executable), ROOT, "0"))


def test_a_locks_versions_are_limits_without_their_hashes(release):
    lock = "# by a program\nclick==8.2.1 \\\n    --hash=sha256:00\n    # via x\n"
    lock += "tzdata==2026.1 ; sys_platform == 'win32' \\\n    --hash=sha256:01\n"
    pins = "click==8.2.1\ntzdata==2026.1 ; sys_platform == 'win32'\n"
    assert release.constraints(lock) == pins
    real = release.constraints((ROOT / "requirements.lock").read_text("utf-8"))
    assert "sha256" not in real
    assert "\nnumpy==" in real


def test_each_check_is_a_line_and_nothing_follows_a_build_that_fails(release, capsys):
    def fine(_):
        return "as it should be"

    def build(_):
        raise release.CheckError("exit 1: no such thing")

    release.build = build
    assert release.run_checks(None, [fine, build, fine]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "ok      fine: as it should be",
        "FAILED  build: exit 1: no such thing",
    ]


@pytest.mark.once
def test_the_wheel_holds_the_whole_package_and_no_more(archives, tmp_path):
    words = ["-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    count = archives.check_wheel(wheel, ROOT)
    assert count > 400
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("migration/left_over.py", "")
    with pytest.raises(ValueError, match=r"the wheel has migration/left_over\.py too"):
        archives.check_wheel(wheel, ROOT)


def test_a_wheel_that_lacks_something_is_told(archives, tmp_path):
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("migration/__init__.py", "")
    with pytest.raises(ValueError, match=r"the wheel lacks METADATA, RECORD"):
        archives.check_wheel(wheel, ROOT)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], ""),
        (["data/raw/flathub/x.json"], "no place for data/raw/flathub/x.json"),
        (["reports/whatsapp-2021/index.html"], "no place for reports/"),
        (["src/migration/__pycache__/a.pyc"], "no place for src/migration/__pycache__"),
        (None, "lacks tests/conftest.py, docs/own-files.md"),
    ],
)
def test_a_source_distribution_is_what_it_needs_to_be(archives, tmp_path, more, words):
    path, empty = tmp_path / "a.tar.gz", tmp_path / "empty"
    empty.write_text("", encoding="utf-8")
    names = [] if more is None else [*archives.NEEDED, *more]
    with tarfile.open(path, "w:gz") as archive:
        for name in ["PKG-INFO", "data/raw/embedded/README.md", *names]:
            archive.add(empty, f"platform_migration-1/{name}")
    if not words:
        assert archives.check_sdist(path, tmp_path) == len(names) + 2
        return
    with pytest.raises(ValueError, match=words):
        archives.check_sdist(path, tmp_path)
