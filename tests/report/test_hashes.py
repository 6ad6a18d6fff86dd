"""Hashes that are noted: a file that did not change is not read again."""

import hashlib
import json
import os

import pytest

from migration.report.keys import study_inputs
from migration.store import STUDIES, Store, hashes
from migration.store.hashes import NOTE, Hashes
from migration.study import load_study
from migration.workspace import init_workspace

STUDY = load_study("whatsapp-2021")
NAME = "flathub/a.json"


@pytest.fixture
def space(tmp_path, monkeypatch):
    """A workspace with one raw file that counts as old enough to be noted."""
    monkeypatch.setattr(hashes, "_SETTLED_NS", -(10**12))
    made = init_workspace(tmp_path)
    made.reports.mkdir(exist_ok=True)
    Store(made.raw).put("flathub", "a.json", b"one two")
    return made


def known(space, **how):
    (found,) = (i for i in study_inputs(STUDY, space, **how) if i.name == f"raw/{NAME}")
    return found.sha256


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_what_is_noted_is_not_read_again(space, monkeypatch):
    before = study_inputs(STUDY, space, note=True)
    refuse = lambda *_: pytest.fail("it was read again")  # noqa: E731
    monkeypatch.setattr(hashes.hashlib, "file_digest", refuse)
    assert study_inputs(STUDY, space) == before


def test_what_another_study_added_is_no_input(space):
    """Else its files would make this study's reports stale."""
    before = study_inputs(STUDY, space)
    for study in ("other", STUDY.id):
        about = {STUDIES: study, "declared-file": "a.csv"}
        Store(space.raw).put("own_csv", f"{study}.csv", study.encode(), headers=about)
    after = {one.name for one in study_inputs(STUDY, space)}
    assert after - {one.name for one in before} == {f"raw/own_csv/{STUDY.id}.csv"}


def test_nothing_is_written_unless_it_is_asked_for(space):
    known(space)
    assert not (space.reports / NOTE).exists()


def test_a_file_that_was_changed_is_seen_though_its_size_and_time_are_kept(space):
    """The time of a change can be set back, the change of the inode cannot."""
    assert known(space, note=True) == sha256(b"one two")
    path = space.raw / NAME
    about = path.stat()
    path.write_bytes(b"two one")
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert known(space) == sha256(b"two one")
    path.unlink()
    assert known(space) == sha256(b"")


def test_a_file_changed_just_now_is_not_noted(space, monkeypatch):
    monkeypatch.setattr(hashes, "_SETTLED_NS", 10**12)
    known(space, note=True)
    held = space.reports / NOTE
    assert not held.exists() or f"raw/{NAME}" not in json.loads(held.read_bytes())


@pytest.mark.parametrize("spoilt", [b"", b"[]", b"[" * 10**5, b"{}", b"\xff"])
def test_a_note_that_does_not_read_is_as_none(space, spoilt):
    space.reports.joinpath(NOTE).write_bytes(spoilt)
    assert known(space, note=True) == sha256(b"one two")


@pytest.mark.parametrize("noted", [7, [], [1], [None] * 5])
def test_a_line_that_is_none_is_not_believed(space, noted):
    held = Hashes(space.reports / NOTE)
    space.reports.joinpath(NOTE).write_text(
        json.dumps({f"raw/{NAME}": noted}), encoding="utf-8"
    )
    assert known(space) == sha256(b"one two")
    assert held.of("x", space.root / "nothing") == (sha256(b""), 0)


def test_the_note_takes_no_proof_away(space):
    """What the store reads it proves, whatever is noted."""
    known(space, note=True)
    space.raw.joinpath(NAME).write_bytes(b"two one")
    assert any("damaged" in said for said in Store(space.raw).verify())
