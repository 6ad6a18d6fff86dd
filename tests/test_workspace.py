import os
from pathlib import Path

import pytest

from migration import workspace as rooms
from migration.errors import WorkspaceError
from migration.report.lab import start_lab
from migration.report.run import run_reports
from migration.workspace import (
    Workspace,
    find_notebook,
    find_workspace,
    init_workspace,
    list_notebooks,
    refuse_anothers,
    shipped,
    study_files,
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path.resolve()


def wheel(tmp_path, monkeypatch):
    """Lay the package out as an installed wheel does, without a checkout above it."""
    package = tmp_path / "site-packages" / "migration"
    for folder in ("_shipped/notebooks", "_shipped/data/raw/embedded", "studies"):
        (package / folder).mkdir(parents=True)
    (package / "_shipped/notebooks/01_record.ipynb").write_text("{}", encoding="utf-8")
    (package / "studies/one.toml").write_text("", encoding="utf-8")
    monkeypatch.setattr(rooms, "_PACKAGE", package.resolve())
    return package.resolve()


def test_the_folder_named_wins_over_all(here, monkeypatch):
    (here / "data" / "raw").mkdir(parents=True)
    for name in ("given", "variable"):
        (here / name).mkdir()
    monkeypatch.setenv("MIGRATION_WORKSPACE", str(here / "variable"))
    assert find_workspace("given").root == here / "given"
    assert find_workspace().root == here / "variable"
    monkeypatch.setenv("MIGRATION_WORKSPACE", "")
    assert find_workspace().root == here


def test_the_nearest_parent_with_raw_data_else_the_folder_itself(here, monkeypatch):
    deep = here / "a" / "b" / "c"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find_workspace().root == deep
    for top in (here, here / "a"):
        (top / "data" / "raw").mkdir(parents=True)
    assert find_workspace().root == here / "a"


def test_a_file_named_as_raw_data_makes_no_workspace(here, monkeypatch):
    (here / "data").mkdir()
    (here / "data" / "raw").write_text("", encoding="utf-8")
    (here / "below").mkdir()
    monkeypatch.chdir(here / "below")
    assert find_workspace().root == here / "below"


def test_nothing_is_made_by_looking(here):
    assert find_workspace().raw == here / "data" / "raw"
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    "path", ["", "~nobody-of-this-name/x", "a" * 5000, "ring", "a\0b"]
)
def test_a_path_that_leads_nowhere_is_refused(here, monkeypatch, path):
    (here / "ring").symlink_to("gnir")
    (here / "gnir").symlink_to("ring")
    with pytest.raises(WorkspaceError, match=r"empty|leads nowhere"):
        find_workspace(path)
    with pytest.raises(WorkspaceError, match=r"empty|leads nowhere"):
        init_workspace(path)
    if path and "\0" not in path:
        monkeypatch.setenv("MIGRATION_WORKSPACE", path)
        with pytest.raises(WorkspaceError, match=r"MIGRATION_WORKSPACE.*leads nowhere"):
            find_workspace()


@pytest.mark.skipif(os.name != "posix", reason="a folder in use cannot go elsewhere")
def test_a_current_folder_that_was_deleted_is_refused(here, monkeypatch):
    gone = here / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(WorkspaceError, match="leads nowhere"):
        find_workspace()


def test_a_folder_that_may_not_be_read_is_refused(here, monkeypatch):
    own = init_workspace(here)

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(WorkspaceError, match=r"cannot be read \(Permission denied\)"):
        study_files(own)


@pytest.mark.parametrize("kind", ["file", "absent"])
def test_a_workspace_named_that_is_no_folder_is_refused(here, monkeypatch, kind):
    target = here / kind
    if kind == "file":
        target.write_text("", encoding="utf-8")
    with pytest.raises(WorkspaceError, match=r"--workspace.*migration init"):
        find_workspace(target)
    monkeypatch.setenv("MIGRATION_WORKSPACE", str(target))
    with pytest.raises(WorkspaceError, match="MIGRATION_WORKSPACE"):
        find_workspace()


@pytest.mark.parametrize("among", ["site-packages", "dist-packages"])
def test_nothing_is_written_among_installed_packages(here, monkeypatch, among):
    inside = here / among / "thing"
    (inside / "data" / "raw").mkdir(parents=True)
    monkeypatch.chdir(inside)
    for asked in (find_workspace, lambda: find_workspace(inside)):
        with pytest.raises(WorkspaceError, match="among installed packages"):
            asked()
    with pytest.raises(WorkspaceError, match="among installed packages"):
        init_workspace(inside / "new")
    assert not (inside / "new").exists()


def test_the_package_itself_is_no_workspace():
    with pytest.raises(WorkspaceError, match="among installed packages"):
        find_workspace(Path(rooms.__file__).parent)


def test_a_project_that_holds_its_environment_is_a_workspace(here, monkeypatch):
    """A folder of packages below the workspace does not make it one of packages."""
    (here / "data" / "raw").mkdir(parents=True)
    below = here / ".venv" / "lib" / "site-packages" / "thing"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_workspace().root == here


def test_init_makes_a_workspace_that_is_then_found(here, monkeypatch):
    made = init_workspace("new/place")
    folders = {"data/raw", "data/processed", "reports", "studies", "notebooks"}
    assert all((made.root / folder).is_dir() for folder in folders)
    assert "data/raw" in (made.root / "README.txt").read_text(encoding="utf-8")
    monkeypatch.chdir(made.studies)
    assert find_workspace() == made == Workspace(here / "new" / "place")


def test_init_twice_changes_nothing(here):
    made = init_workspace(here)
    mine = {made.root / "README.txt": "mine", made.studies / "a.toml": "id"}
    for path, text in mine.items():
        path.write_text(text, encoding="utf-8")
    made.reports.rmdir()
    assert init_workspace(here) == made
    assert {p: p.read_text(encoding="utf-8") for p in mine} == mine
    assert made.reports.is_dir()


@pytest.mark.parametrize("blocked", ["ws", "ws/data", "ws/reports"])
def test_init_refuses_a_path_that_is_a_file(here, blocked):
    (here / blocked).parent.mkdir(exist_ok=True)
    (here / blocked).write_text("kept", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="name another place"):
        init_workspace(here / "ws")
    assert (here / blocked).read_text(encoding="utf-8") == "kept"


def test_a_checkout_ships_from_its_top_level():
    top = Path(rooms.__file__).resolve().parents[2]
    assert shipped("data/raw/embedded") == top / "data" / "raw" / "embedded"


@pytest.mark.usefixtures("here")
def test_a_wheel_ships_from_inside(tmp_path, monkeypatch):
    package = wheel(tmp_path, monkeypatch)
    embedded = package / "_shipped" / "data" / "raw" / "embedded"
    assert shipped("data/raw/embedded") == embedded
    assert find_notebook("01_record").is_relative_to(package)
    assert study_files() == {"one": package / "studies" / "one.toml"}


def test_what_ships_wins_over_a_checkout_above_it(tmp_path, monkeypatch):
    """An installed wheel never reads from folders that happen to lie above it."""
    package = wheel(tmp_path, monkeypatch)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    assert shipped("notebooks") == package / "_shipped" / "notebooks"
    (tmp_path / "docs").mkdir()
    with pytest.raises(WorkspaceError, match="should ship"):
        shipped("docs")


@pytest.mark.parametrize("name", ["", "..", "notebooks/../../..", "/etc"])
def test_what_ships_has_a_plain_relative_name(name):
    with pytest.raises(WorkspaceError, match="a shipped name is relative"):
        shipped(name)


def test_a_workspaces_own_studies_and_notebooks_win(tmp_path, monkeypatch, here):
    wheel(tmp_path, monkeypatch)
    own = init_workspace(here / "ws")
    for name in ("01_record", "02_mine"):
        (own.notebooks / f"{name}.ipynb").write_text("{}", encoding="utf-8")
    (own.studies / "one.toml").write_text("", encoding="utf-8")
    (own.studies / ".hidden.toml").write_text("", encoding="utf-8")
    (own.studies / "folder.toml").mkdir()
    assert study_files(own) == {
        name: own.studies / f"{name}.toml" for name in ("folder", "one")
    }
    found = list_notebooks(own)
    assert [p.name for p in found] == ["01_record.ipynb", "02_mine.ipynb"]
    assert all(p.parent == own.notebooks for p in found)
    assert find_notebook("02_mine.ipynb", own) == own.notebooks / "02_mine.ipynb"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["01_recrod", "../notebooks/01_record", ""])
def test_an_unknown_notebook_is_refused_with_those_there_are(
    tmp_path, monkeypatch, name
):
    wheel(tmp_path, monkeypatch)
    with pytest.raises(WorkspaceError, match=r"there are 01_record"):
        find_notebook(name)


@pytest.mark.usefixtures("here")
def test_a_misspelt_notebook_is_answered_with_the_nearest(tmp_path, monkeypatch):
    wheel(tmp_path, monkeypatch)
    with pytest.raises(WorkspaceError, match="did you mean '01_record'"):
        find_notebook("01_recrod")


def test_without_any_notebook_the_list_is_empty(tmp_path, monkeypatch, here):
    monkeypatch.setattr(rooms, "_PACKAGE", tmp_path / "empty" / "migration")
    assert list_notebooks(Workspace(here)) == ()
    with pytest.raises(WorkspaceError, match="there are none"):
        find_notebook("any", Workspace(here))


@pytest.mark.skipif(os.name != "posix", reason="needs owners of files")
@pytest.mark.parametrize("place", ["", "data/raw", "notebooks", "studies"])
def test_a_folder_of_anothers_is_run_only_if_named(tmp_path, monkeypatch, place):
    """As a folder that somebody left in the one for temporary files."""
    root = init_workspace(tmp_path / "space").root
    (root / "deep").mkdir()
    monkeypatch.chdir(root / "deep")
    refuse_anothers(find_workspace())
    if os.geteuid() == 0:
        os.chown(root / place, 4711, -1)
    else:
        owner = (root / place).stat().st_uid
        monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert find_workspace().root == root
    said = f"--workspace {root} if you trust it"
    for run in (refuse_anothers, start_lab, lambda w: run_reports(None, w, None, None)):
        with pytest.raises(WorkspaceError, match=said):
            run(find_workspace())
    refuse_anothers(find_workspace(root))
    monkeypatch.setenv(rooms.VARIABLE, str(root))
    refuse_anothers(find_workspace())
