"""Panels that are built: when they are made anew, and when no raw file is read."""

import dataclasses
import os

import pytest
from pandas.testing import assert_frame_equal
from sources.small_study import body

from migration.errors import DamagedFile
from migration.panel import check_panel
from migration.sources import build, load_coverage, load_panel, processed, status
from migration.sources.here import readable
from migration.store import Entry, Store, hashes

NAMES = ("org.signal.Signal", "org.gimp.GIMP", "org.kde.krita")
WHATSAPP = ("io.bit3.WhatsAppQT", "com.gigitux.gtkwhats")


@pytest.fixture
def kept(small, workspace, monkeypatch):
    """A workspace with fetched files that count as old enough to be noted."""
    monkeypatch.setattr(hashes, "_SETTLED_NS", -(10**12))
    for name in (*NAMES, *WHATSAPP):
        put(workspace, name)
    build(small, workspace=workspace)
    return workspace


def put(workspace, name, **about):
    store = Store(workspace.raw)
    return store.put("flathub", f"{name.lower()}.json", body(name), url=name, **about)


def read_nothing(monkeypatch):
    monkeypatch.setattr(Store, "read", lambda *_: pytest.fail("a raw file was read"))


def is_made_now(study, workspace):
    (made,) = build(study, workspace=workspace)
    return made.rebuilt


def test_where_nothing_changed_no_raw_file_is_read(small, kept, monkeypatch):
    read_nothing(monkeypatch)
    digest = lambda *_: pytest.fail("a raw file was hashed")  # noqa: E731
    monkeypatch.setattr(hashes.hashlib, "file_digest", digest)
    assert not is_made_now(small, kept)


def test_status_is_of_the_built_panel_and_is_the_same(small, kept, monkeypatch):
    built = status(small, workspace=kept), load_coverage(small, workspace=kept)
    monkeypatch.setattr("migration.sources.coverage.load_current", lambda *_: None)
    loaded = status(small, workspace=kept), load_coverage(small, workspace=kept)
    for one, other in zip(built, loaded, strict=True):
        assert_frame_equal(one, other)
    monkeypatch.undo()
    read_nothing(monkeypatch)
    monkeypatch.setattr(hashes, "_SETTLED_NS", -(10**12))
    assert_frame_equal(status(small, workspace=kept), built[0])


def test_a_file_that_was_touched_is_proved_and_the_panel_stands(small, kept):
    path = kept.raw / "flathub" / "org.gimp.gimp.json"
    os.utime(path, ns=(0, 0))
    assert not is_made_now(small, kept)


@pytest.mark.parametrize("spoil", ["other bytes", "gone"])
def test_a_file_that_is_not_what_was_sent_is_refused(small, kept, spoil):
    path = kept.raw / "flathub" / "org.gimp.gimp.json"
    about = path.stat()
    content = path.read_bytes()
    if spoil == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-1] + b" ")
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    (row,) = status(small, workspace=kept).to_dict("records")
    assert "org.gimp.gimp.json" in row["problem"]
    with pytest.raises(DamagedFile, match=r"org\.gimp\.gimp\.json"):
        build(small, workspace=kept)


def test_a_changed_option_is_seen_though_the_file_is_the_same(small, kept):
    """A study may be changed in Python, and then has the hash of its old file."""
    spec = dataclasses.replace(small.source("flathub"), metrics=("rank",))
    changed = dataclasses.replace(small, sources=(spec,))
    assert processed.load_current(small, "flathub", kept) is not None
    assert processed.load_current(changed, "flathub", kept) is None
    assert set(status(changed, workspace=kept)["metric"]) == {"rank"}
    assert is_made_now(changed, kept)


def test_the_same_bytes_sent_again_are_of_another_day(small, kept):
    later = "2030-01-01T00:00:00+00:00"
    put(kept, NAMES[0], retrieved_at=later, seen_again=True)
    assert set(status(small, workspace=kept)["retrieved_at"]) == {later}
    assert is_made_now(small, kept)


def test_a_card_is_part_of_what_a_panel_is_made_of(small, kept, monkeypatch, tmp_path):
    (tmp_path / "cards").mkdir()
    card = tmp_path / "cards" / "flathub.toml"
    card.write_text("citation = 'one'", encoding="utf-8")
    monkeypatch.setattr("migration.sources.processed.files", lambda _: tmp_path)
    assert is_made_now(small, kept)
    card.write_text("citation = 'two'", encoding="utf-8")
    assert is_made_now(small, kept)


def test_the_record_of_files_is_not_copied_with_each_step(small, kept):
    for panel in (
        load_panel(small, source="flathub", workspace=kept),
        processed.load_current(small, "flathub", kept),
    ):
        vintage = panel.attrs["vintage"]
        assert panel.copy().attrs["vintage"] is vintage
        assert panel[panel["app"] == "signal"].attrs["vintage"] is vintage
        assert len(vintage["files"]) == len(NAMES) + len(WHATSAPP)


def test_checking_a_panel_copies_nothing_of_its_attrs(small, kept):
    class Large(list):
        def __deepcopy__(self, _):
            pytest.fail("attrs were copied")

    panel = load_panel(small, source="flathub", workspace=kept)
    panel.attrs["large"] = Large()
    assert check_panel(panel) is panel


def test_many_lines_are_not_compared_each_with_all(study, workspace, monkeypatch):
    """A thousand exports made a million comparisons."""
    store = Store(workspace.raw)
    said = {"declared-terms": "a=signal", "x-migration-studies": study.id}
    for number in range(5):
        store.put("trends", f"{number}.csv", b"%d" % number, headers=said)
    monkeypatch.setattr(Entry, "__eq__", lambda *_: pytest.fail("compared"))
    found = readable(store, "trends", study=study)
    assert [entry.name for entry in found] == [f"trends/{n}.csv" for n in range(5)]
