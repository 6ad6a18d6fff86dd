"""Raw files of a source: one in memory at a time, and every one of them proved."""

import tracemalloc

import pytest

from migration.errors import DamagedFile
from migration.sources.raw import KeptFiles, Raw
from migration.store import Store

MEGABYTE = 2**20


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    for number in range(24):
        store.put("s", f"{number}.bin", bytes([number]) * MEGABYTE, url=f"u{number}")
    return store


def test_going_through_the_files_holds_one_of_them_at_a_time(store):
    entries = store.entries("s")
    tracemalloc.start()
    raw = Raw(origin="fetched", entries=tuple(entries), files=KeptFiles(store, entries))
    seen = [content[0] for _, content in raw]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == list(range(24))
    assert peak < 6 * MEGABYTE


def test_the_files_are_a_mapping_in_the_order_they_were_kept(store):
    entries = store.entries("s")[::-1]
    files = KeptFiles(store, entries)
    assert list(files) == [entry.name for entry in entries]
    assert len(files) == 24
    assert "s/3.bin" in files
    assert "s/99.bin" not in files
    assert files["s/3.bin"] == b"\x03" * MEGABYTE


def test_a_damaged_file_that_nobody_asked_for_is_told(store):
    files = KeptFiles(store, store.entries("s"))
    (store.root / "s/7.bin").write_bytes(b"other")
    assert files["s/6.bin"][:1] == b"\x06"
    with pytest.raises(DamagedFile, match=r"s/7\.bin is damaged"):
        files.prove_rest()


def test_a_panel_is_refused_for_a_damaged_file_that_its_parser_passes_by(
    study, workspace, monkeypatch
):
    from migration.sources import load_panel, published

    content = b"id,date\n"
    Store(workspace.raw).put("published", "a.csv", content, url="u")
    (workspace.raw / "published/a.csv").write_bytes(b"other")
    monkeypatch.setattr(published, "panel", lambda *_: None)
    with pytest.raises(DamagedFile, match=r"published/a\.csv is damaged"):
        load_panel(study, source="published", workspace=workspace)
