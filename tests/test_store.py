"""The raw store keeps what was sent, whole, once, and knows what became of it."""

import datetime as dt
import json
import multiprocessing
import os
import shutil
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.errors import DamagedFile, Locked, StoreError
from migration.store import MANIFEST, TEMPORARY, Store, shipped_store
from migration.store.manifest import Manifest
from migration.workspace import shipped

URL = "https://example.org/a.json"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "raw")


def lines(store):
    return (store.root / MANIFEST).read_bytes().splitlines()


def put_ten(root, worker):
    for number in range(10):
        content = f"{worker} {number}".encode()
        Store(root).put("s", f"{worker}-{number}.txt", content, url=f"u/{content!r}")


def test_what_was_put_is_read_and_described(store):
    content = b"\x00\r\n\xff bytes, not text"
    entry = store.put("flathub", "a.json", content, url=URL, headers={"etag": "1"})
    assert store.read(entry) == content
    assert store.entries() == [entry]
    assert (entry.name, entry.url, entry.bytes) == ("flathub/a.json", URL, len(content))
    assert (entry.status, entry.card, entry.headers) == (200, "flathub", {"etag": "1"})
    then = dt.datetime.fromisoformat(entry.retrieved_at)
    assert abs(dt.datetime.now(dt.UTC) - then) < dt.timedelta(minutes=1)
    assert store.verify() == []


def test_other_bytes_of_one_address_are_a_vintage_beside_the_first(store):
    first = store.put("s", "a.json", b"1", url=URL, retrieved_at="2021-01-01T00:00:00Z")
    second = store.put(
        "s", "a.json", b"2", url=URL, retrieved_at="2021-02-01T00:00:00Z"
    )
    assert first.name != second.name
    assert (store.read(first), store.read(second)) == (b"1", b"2")
    assert store.newest() == [second]
    assert store.newest(as_of="2021-01-31") == [first]
    assert store.newest(as_of=dt.date(2021, 2, 1)) == [second]
    assert store.newest(as_of="2020-12-31") == []


def test_the_same_bytes_again_add_nothing(store):
    first = store.put("s", "a.json", b"1", url=URL)
    assert store.put("s", "a.json", b"1", url=URL) == first
    assert len(lines(store)) == 1


def test_bytes_that_come_back_are_the_newest_again(store):
    days = [f"2021-01-0{day}" for day in (1, 2, 3)]
    for day, content in zip(days, (b"old", b"new", b"old"), strict=True):
        store.put("s", "a.json", content, url=URL, retrieved_at=day)
    (newest,) = store.newest()
    assert (store.read(newest), newest.retrieved_at) == (b"old", "2021-01-03")
    assert store.verify() == []


def test_sources_do_not_mix(store):
    ours = store.put("ours", "a.json", b"1", url=URL)
    store.put("theirs", "a.json", b"1", url=URL + "?")
    assert store.entries("ours") == [ours]


def test_one_address_of_two_sources_is_kept_for_each(store):
    ours = store.put("ours", "a.json", b"1", url=URL)
    theirs = store.put("theirs", "a.json", b"1", url=URL)
    assert (ours.name, theirs.name) == ("ours/a.json", "theirs/a.json")
    assert store.newest("theirs") == [theirs]


def test_a_broken_line_that_names_its_source_leaves_the_others(store):
    store.put("ours", "a.json", b"1", url=URL)
    kept = store.put("theirs", "a.json", b"1", url=URL)
    manifest = store.root / MANIFEST
    manifest.write_bytes(manifest.read_bytes().replace(b'"status": 200', b"", 1))
    assert store.entries("theirs") == [kept]
    more = store.put("theirs", "b.json", b"2", url=URL + "?b")
    assert store.entries("theirs") == [kept, more]
    for source in ("ours", None):
        with pytest.raises(DamagedFile, match=r"line 1, is not a manifest line"):
            store.entries(source)
    manifest.write_bytes(b'"source": "ours" "source": "theirs"\n')
    with pytest.raises(DamagedFile, match="line 1"):
        store.entries("theirs")


@pytest.mark.parametrize("damage", [b"", b"2", b"12"])
def test_a_damaged_file_is_named_and_never_read(store, damage):
    entry = store.put("s", "a.json", b"1", url=URL)
    (store.root / entry.name).write_bytes(damage)
    with pytest.raises(DamagedFile, match=r"s/a\.json is damaged"):
        store.read(entry)
    (problem,) = store.verify()
    assert problem.startswith("damaged: s/a.json")


def test_a_missing_file_is_named_and_comes_back_by_the_next_fetch(store):
    entry = store.put("s", "a.json", b"1", url=URL)
    (store.root / entry.name).unlink()
    with pytest.raises(DamagedFile, match=r"s/a\.json.*cannot be read"):
        store.read(entry)
    (problem,) = store.verify()
    assert problem.startswith("missing: s/a.json is in the manifest")
    assert problem.endswith("restore it from a copy, or fetch it again")
    assert store.put("s", "a.json", b"1", url=URL) == entry
    assert store.verify() == []


def test_bytes_that_were_seen_again_are_one_file_with_two_dates(store):
    days = [f"2021-01-0{n}T00:00:00Z" for n in (1, 2, 3)]
    first = store.put("s", "a.json", b"1", url=URL, retrieved_at=days[0])
    again = store.put(
        "s", "a.json", b"1", url=URL, retrieved_at=days[1], seen_again=True
    )
    assert (again.name, again.retrieved_at) == (first.name, days[1])
    assert store.put("s", "a.json", b"1", url=URL, retrieved_at=days[2]) == again
    assert store.entries() == [first, again]
    assert store.newest() == [again]
    assert (store.survey().files, store.verify()) == (1, [])


def test_another_status_with_the_same_bytes_is_another_answer(store):
    absent = store.put("s", "a.absent.json", b"", url=URL, status=404)
    came = store.put("s", "a.json", b"", url=URL)
    assert [e.status for e in store.entries()] == [404, 200]
    assert absent.name != came.name


def test_lines_that_another_process_added_or_cut_are_seen(store):
    store.put("s", "a.json", b"1", url=URL)
    assert len(store.entries()) == 1
    Store(store.root).put("s", "b.json", b"2", url=URL + "?b")
    assert [entry.name for entry in store.entries()] == ["s/a.json", "s/b.json"]
    manifest = store.root / MANIFEST
    manifest.write_bytes(manifest.read_bytes().split(b"\n")[1] + b"\n")
    assert [entry.name for entry in store.entries()] == ["s/b.json"]


def test_a_file_that_no_line_names_is_an_orphan(store):
    store.put("s", "a.json", b"1", url=URL)
    (store.root / "s" / "b.json").write_bytes(b"1")
    assert store.verify() == [
        "orphan: s/b.json is in no manifest line; move it out of the store"
    ]


def test_a_half_written_last_line_is_dropped_and_its_file_named(store):
    kept = store.put("s", "a.json", b"1", url=URL)
    store.put("s", "b.json", b"2", url=URL + "?b")
    manifest = store.root / MANIFEST
    manifest.write_bytes(manifest.read_bytes()[:-20])
    assert store.entries() == [kept]
    assert store.verify() == [
        "raw/manifest.jsonl: its last line is half-written and is ignored",
        "orphan: s/b.json is in no manifest line; move it out of the store",
    ]
    adopted = store.put("s", "b.json", b"2", url=URL + "?b")
    assert adopted.name == "s/b.json"
    assert store.entries() == [kept, adopted]
    assert store.verify() == []


def test_a_broken_line_in_the_middle_is_refused(store):
    store.put("s", "a.json", b"1", url=URL)
    manifest = store.root / MANIFEST
    manifest.write_bytes(b'{"source": "s"}\n' + manifest.read_bytes())
    with pytest.raises(DamagedFile, match=r"manifest\.jsonl, line 1,"):
        store.entries()


def test_a_crash_before_the_line_leaves_an_orphan_and_the_next_run_works(
    store, monkeypatch
):
    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Manifest, "append", crash)
        with pytest.raises(KeyboardInterrupt):
            store.put("s", "a.json", b"1", url=URL)
    assert store.entries() == []
    assert store.verify() == [
        "orphan: s/a.json is in no manifest line; move it out of the store"
    ]
    other = store.put("s", "a.json", b"2", url=URL)
    assert other.name != "s/a.json"
    assert store.read(other) == b"2"


def test_a_process_killed_while_it_writes_leaves_nothing_under_the_name(store):
    code = (
        "import os, sys; from migration.store import Store\n"
        "os.fsync = lambda handle: os._exit(9)\n"
        "Store(sys.argv[1]).put('s', 'a.json', b'1' * 100, url='u')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, store.root], check=False, timeout=60
    )
    assert ended.returncode == 9
    assert not (store.root / "s" / "a.json").exists()
    assert store.verify() == [
        f"orphan: s/{TEMPORARY} is in no manifest line; move it out of the store"
    ]
    store.put("s", "a.json", b"1" * 100, url="u")
    assert store.verify() == []


def test_a_full_disk_is_said_and_leaves_no_half_file(store):
    resource = pytest.importorskip("resource", reason="limits are POSIX")
    code = (
        "import resource, signal, sys; from migration.store import Store\n"
        "from migration.errors import StoreError\n"
        "store = Store(sys.argv[1]); store.put('s', 'small.json', b'1', url='u')\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    open(sys.argv[1] + '/plain', 'wb', buffering=0).write(b'1' * 2000)\n"
        "    assert open(sys.argv[1] + '/plain', 'rb').read() != b'1' * 2000\n"
        "except OSError: pass\n"
        "try: store.put('s', 'large.json', b'1' * 2000, url='v')\n"
        "except StoreError as error: print(error)\n"
    )
    assert resource.RLIMIT_FSIZE is not None
    ended = subprocess.run(
        [sys.executable, "-c", code, store.root],
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert "the raw store cannot be written" in ended.stdout
    assert not (store.root / "s" / "large.json").exists()
    assert [entry.name for entry in store.entries()] == ["s/small.json"]


def test_writers_at_once_lose_nothing(store):
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=put_ten, args=(store.root, str(n))) for n in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len({json.loads(line)["name"] for line in lines(store)}) == 30
    assert store.verify() == []


def test_a_store_that_another_run_holds_is_refused(store, monkeypatch):
    from filelock import FileLock

    monkeypatch.setattr("migration.store.files.LOCK_SECONDS", 0.01)
    store.put("s", "a.json", b"1", url=URL)
    with FileLock(store.root / ".lock"), pytest.raises(Locked, match="another run"):
        store.put("s", "b.json", b"1", url="other")


@pytest.mark.parametrize(
    "name", ["", "A.json", "../a", "a/b", ".hidden", "a.", "a b", "ä", "a" * 101]
)
def test_a_name_that_some_system_could_not_keep_is_refused(store, name):
    with pytest.raises(StoreError, match="name"):
        store.put("s", name, b"1", url=URL)
    with pytest.raises(StoreError, match="name"):
        store.put(name, "a.json", b"1", url=URL)
    assert not store.root.exists()


@given(st.text(alphabet="abc0123456789._-", min_size=1, max_size=100))
def test_every_name_allowed_is_kept_and_its_vintages_too(tmp_path_factory, name):
    store = Store(tmp_path_factory.mktemp("store"))
    if name[0] == "." or name[-1] == ".":
        with pytest.raises(StoreError):
            store.put("s", name, b"1", url=URL)
        return
    for content in (b"1", b"2", b"3"):
        entry = store.put("s", name, content, url=URL)
        assert len(entry.name.removeprefix("s/")) <= 100
        assert store.read(entry) == content
    assert len(store.entries()) == 3


def test_a_day_that_is_none_is_refused(store):
    with pytest.raises(StoreError, match="as_of needs a day"):
        store.entries(as_of="January")


def test_the_embedded_store_is_whole():
    store = Store(shipped("data/raw/embedded"))
    assert store.verify() == []
    assert {entry.source for entry in store.entries()} == {
        "calendar",
        "flathub",
        "published",
        "wikipedia_top",
    }


def test_a_store_inside_a_store_is_its_own(store):
    store.put("s", "a.json", b"1", url=URL)
    Store(store.root / "embedded").put("t", "b.json", b"2", url=URL)
    assert store.verify() == []


def test_the_shipped_store_is_told_by_its_name_not_by_a_manifest_in_it(store):
    """A manifest put into a source's folder hides nothing of what lies there."""
    store.put("s", "a.json", b"1", url=URL)
    Store(store.root / "embedded").put("t", "b.json", b"2", url=URL)
    (store.root / "embedded" / MANIFEST).unlink()
    (store.root / "s" / MANIFEST).write_bytes(b"")
    (store.root / "s" / "b.json").write_bytes(b"1")
    assert store.verify() == [
        "orphan: s/b.json is in no manifest line; move it out of the store",
        f"orphan: s/{MANIFEST} is in no manifest line; move it out of the store",
    ]
    with pytest.raises(StoreError, match="'embedded' is the store that ships"):
        store.put("embedded", "b.json", b"2", url=URL)


def test_loose_files_are_orphans_at_the_top_and_below(store):
    store.put("s", "a.json", b"1", url=URL)
    (store.root / "s" / "deep" / "er").mkdir(parents=True)
    for name in ("loose.csv", "s/loose.csv", "s/deep/er/x", "s/.DS_Store", "README.md"):
        (store.root / name).write_bytes(b"1")
    assert store.verify() == [
        f"orphan: {name} is in no manifest line; move it out of the store"
        for name in ("loose.csv", "s/loose.csv", "s/deep/er/x")
    ]


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_links_that_lead_nowhere_or_out_of_the_store_are_told(store, tmp_path):
    kept = store.put("s", "a.json", b"1", url=URL)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.json").write_bytes(b"1")
    (store.root / kept.name).unlink()
    (store.root / kept.name).symlink_to(outside / "a.json")
    (store.root / "s" / "gone.json").symlink_to("nothing")
    (store.root / "s" / "ring.json").symlink_to("ring.json")
    (store.root / "top").symlink_to(outside, target_is_directory=True)
    (store.root / "s" / "inside").symlink_to(store.root, target_is_directory=True)
    (store.root / "s" / "twin.json").symlink_to("a.json")
    problems = [problem.split(";")[0] for problem in store.verify()]
    assert problems == [
        f"link: top leaves the store, to {outside}",
        f"link: s/a.json leaves the store, to {outside / 'a.json'}",
        "link: s/gone.json leads nowhere",
        "link: s/inside is another folder of the store",
        "link: s/ring.json leads nowhere",
        f"link: s/twin.json leaves the store, to {outside / 'a.json'}",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are POSIX")
def test_a_pipe_in_a_files_place_is_damage_and_not_waited_for(store):
    entry = store.put("s", "a.json", b"1", url=URL)
    (store.root / entry.name).unlink()
    os.mkfifo(store.root / entry.name)
    (problem,) = store.verify()
    assert problem.startswith("damaged: s/a.json is in the manifest but cannot be read")


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"\xff", b"[" * 100_000, b'{"bytes": ' + b"9" * 6000 + b"}"]
)
def test_verify_tells_of_a_broken_line_and_goes_on(store, line):
    store.put("s", "a.json", b"1", url=URL)
    damaged = store.put("s", "b.json", b"2", url=URL + "?b")
    (store.root / damaged.name).write_bytes(b"3")
    manifest = store.root / MANIFEST
    manifest.write_bytes(line + b"\n" + manifest.read_bytes())
    with pytest.raises(DamagedFile, match="line 1, is not a manifest line"):
        store.entries()
    found = store.survey()
    assert found.files == 2
    first, second = found.problems
    assert first.startswith(
        "damaged: raw/manifest.jsonl, line 1, is not a manifest line"
    )
    assert len(first) < 500
    assert second.startswith("damaged: s/b.json is damaged")


def test_verify_tells_of_a_file_from_a_day_to_come(store):
    store.put("s", "a.json", b"1", url=URL, retrieved_at="2336-01-02T00:00:00+00:00")
    store.put("s", "b.json", b"2", url=URL + "?b")
    (problem,) = store.verify()
    assert problem.startswith("ahead: s/a.json says that it came on 2336-01-02, which")


def test_a_manifest_that_is_no_file_is_told(store):
    (store.root / MANIFEST).mkdir(parents=True)
    with pytest.raises(DamagedFile, match=r"manifest\.jsonl cannot be read"):
        store.entries()
    (problem,) = store.verify()
    assert problem.startswith("damaged: raw/manifest.jsonl cannot be read")


def test_what_ships_is_mended_where_it_came_from_and_never_fetched(
    tmp_path, monkeypatch
):
    package = tmp_path / "lib" / "migration"
    root = package / "_shipped" / "data" / "raw" / "embedded"
    entry = Store(root).put("published", "a.csv", b"1", url="u")
    (root / entry.name).write_bytes(b"2")
    checkout = tmp_path / "src" / "migration"
    for place, advice in (
        (package, "install platform-migration again"),
        (checkout, "git checkout -- data/raw/embedded"),
    ):
        monkeypatch.setattr("migration.workspace._PACKAGE", place)
        (problem,) = shipped_store().verify()
        assert advice in problem
        assert "fetch" not in problem
        shutil.copytree(
            package / "_shipped" / "data", tmp_path / "data", dirs_exist_ok=True
        )
        (tmp_path / "pyproject.toml").write_bytes(b"")


@pytest.mark.parametrize(
    "change",
    [
        {"bytes": "1"},
        {"name": "../../secret"},
        {"name": "s/../../x"},
        {"name": "/etc/passwd"},
        {"name": 5},
        {"retrieved_at": None},
    ],
)
def test_a_manifest_line_that_leaves_the_store_is_refused(tmp_path, change):
    store = Store(tmp_path)
    entry = store.put("s", "n.csv", b"x", url="u")
    line = json.loads((tmp_path / MANIFEST).read_text(encoding="utf-8"))
    (tmp_path / MANIFEST).write_text(
        json.dumps({**line, **change}) + "\n", encoding="utf-8"
    )
    with pytest.raises(DamagedFile, match="line 1"):
        store.entries()
    assert entry.name == "s/n.csv"
