"""Links that somebody left in a workspace: nothing behind one is written or removed."""

import os

import pytest

from migration.errors import StoreError, WorkspaceError
from migration.report.lock import HOLDER, reports_lock
from migration.report.publish import refuse_links, sweep
from migration.store import MANIFEST, TEMPORARY, Store
from migration.store.hashes import Hashes
from migration.workspace import init_workspace

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
KEPT = "another's"


@pytest.fixture
def space(tmp_path):
    return init_workspace(tmp_path / "space")


@pytest.fixture
def another(tmp_path):
    """A folder that is not ours, with what looks like ours in it."""
    folder = tmp_path / "another"
    (folder / ".tmp-thesis").mkdir(parents=True)
    for name in ("victim", "error.json", ".tmp-thesis/text", ".tmp-note"):
        (folder / name).write_text(KEPT, encoding="utf-8")
    return folder


def _untouched(folder):
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path.name for path in found] == [
        ".tmp-note", "text", "error.json", "victim",
    ] and all(path.read_text(encoding="utf-8") == KEPT for path in found)  # fmt: skip


@pytest.mark.parametrize("link", ["failed", "failed/01_record", "runs", ".outside"])
def test_nothing_is_swept_behind_a_link(space, another, link):
    place = space.reports / "study" / link
    place.parent.mkdir(parents=True)
    place.symlink_to(another)
    sweep(space.reports / "study")
    sweep(space.reports)
    assert _untouched(another)
    with pytest.raises(WorkspaceError, match="remove the link"):
        refuse_links(space.reports / "study")


@pytest.mark.parametrize("link", ["failed", "runs", ".outside"])
def test_nothing_is_swept_behind_a_link_of_the_folder_above(space, another, link):
    (space.reports / link).symlink_to(another)
    sweep(space.reports)
    assert _untouched(another)


def test_a_half_written_file_that_is_a_link_is_not_written_through(space, another):
    (space.raw / "flathub").mkdir()
    (space.raw / "flathub" / TEMPORARY).symlink_to(another / "victim")
    entry = Store(space.raw).put("flathub", "a.json", b"{}")
    assert Store(space.raw).read(entry) == b"{}"
    assert not (space.raw / entry.name).is_symlink()
    assert _untouched(another)


@pytest.mark.parametrize("link", ["flathub", MANIFEST])
def test_the_store_writes_behind_no_link(space, another, link):
    target = another if link == "flathub" else another / "victim"
    (space.raw / link).symlink_to(target)
    with pytest.raises(StoreError, match=rf"{link} of the raw store is a link to"):
        Store(space.raw).put("flathub", "a.json", b"{}")
    assert _untouched(another)


def test_the_store_itself_may_be_a_link(space, tmp_path):
    space.raw.rmdir()
    (tmp_path / "large").mkdir()
    space.raw.symlink_to(tmp_path / "large")
    entry = Store(space.raw).put("flathub", "a.json", b"{}")
    assert (tmp_path / "large" / entry.name).is_file()


def test_who_holds_the_lock_is_not_written_through_a_link(space, another):
    (space.reports / HOLDER).symlink_to(another / "victim")
    with reports_lock(space.reports):
        assert not (space.reports / HOLDER).is_symlink()
    assert _untouched(another)


def test_a_note_of_hashes_is_not_written_through_a_link(space, another):
    unfinished = space.reports / f".tmp-hashes-{os.getpid()}"
    unfinished.symlink_to(another / "victim")
    known = Hashes(space.reports / ".hashes.json")
    known.of("a", another / "victim")
    known._changed = True
    known.save()
    assert _untouched(another)
