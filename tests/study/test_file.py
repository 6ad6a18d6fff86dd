"""No file can hang a reading, or be taken for a fault of the program."""

import os
import re
import time

import pytest

from migration.errors import StudyError
from migration.study import list_studies, load_study
from migration.study.file import MAX_BYTES, MAX_DEPTH, parse_toml
from migration.workspace import init_workspace

NINES = "9" * 6000
WRONG = {
    "keys of 3000 parts": ("a" + ".a" * 3000 + " = 1", "a key goes more than 32"),
    "a header of 3000 parts": ("[a" + ".a" * 3000 + "]", "a key goes more than 32"),
    "quoted parts": ('"a b"' + " . 'a'" * 40 + " = 1", "a key goes more than 32"),
    "deep lists": ("a = " + "[" * 3000 + "]" * 3000, "levels deep"),
    "deep lists, no end": ("a = " + "[" * 3000, "levels deep"),
    "lists of 40": (
        "a = " + "[" * 40 + "]" * 40,
        "a, no. 1, no. 1 goes more than 32",
    ),
    "deep tables": ("a = " + "{a = " * 3000 + "1" + "}" * 3000, "levels deep"),
    "6000 digits": (f"id = {NINES}", "at most 64 bits.*in quotes"),
    "6000 hexadecimal digits": (f"id = 0x{NINES}", "id: needs a number of at most 64"),
    "a number of 65 bits": (f"id = {2**64}", "id: needs a number of at most 64 bits"),
    "not UTF-8": (b'id = "a"\ntitle = "\xff"', "line 2 is not; save it as UTF-8"),
    "UTF-16": ('id = "a"'.encode("utf-16"), "needs to be UTF-8"),
    "no TOML": ("id: small", "needs to be TOML"),
    "a NUL": ('id = "\0"', "needs to be TOML"),
    "a string without end": ('id = """' + '\\"""' * 9, "needs to be TOML"),
    "no such day": ("day = 2021-02-30", "needs to be TOML"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_digested_is_refused_at_once(refusal, case):
    text, expected = WRONG[case]
    began = time.monotonic()
    message = refusal(text)
    assert time.monotonic() - began < 2
    assert "small.toml: " in message
    assert re.search(expected, message), message
    assert len(message) < 600


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 60_000 + " = 1",
        "." * 900_000,
        "a" * 900_000,
        "a " * 450_000,
        "a. " * 300_000,
        "'" * 900_000,
        '"""\\' * 200_000,
        "#" * 900_000,
    ],
    ids=["dotted key", "dots", "word", "words", "dots, blanks", "quotes", "long", "#"],
)
def test_the_longest_files_are_refused_in_seconds(refusal, text):
    began = time.monotonic()
    refusal(text)
    assert time.monotonic() - began < 5


def test_dots_in_texts_and_comments_are_no_key(tmp_path):
    dots = "a." * 200 + "a"
    text = f"x = \"{dots}\" # {dots}\n# {dots}\n\"{dots}\" = '''{dots}'''"
    assert parse_toml(text.encode(), tmp_path) == {"x": dots, dots: dots}


def test_the_deepest_key_is_read_and_one_deeper_refused(tmp_path):
    deepest = ".".join("a" * MAX_DEPTH)
    value = parse_toml(f"{deepest} = 1".encode(), tmp_path)
    for _ in range(MAX_DEPTH):
        value = value["a"]
    assert value == 1
    with pytest.raises(StudyError, match="levels deep"):
        parse_toml(f"{deepest}.a = 1".encode(), tmp_path)


def test_a_file_of_megabytes_is_refused_before_it_is_parsed(refusal):
    message = refusal("# " + "x" * MAX_BYTES)
    assert "at most 1,000,000 bytes" in message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are POSIX")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(StudyError, match="plain file, and this is a pipe"):
        load_study(tmp_path / "pipe.toml")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("folder.toml", "is a folder"),
        ("none.toml", "is not there"),
        ("device.toml", "this is a device"),
        ("~nobody-of-this-name/x.toml", "leads nowhere"),
        ("a" * 5000 + ".toml", "leads nowhere"),
        ("a\0b.toml", "leads nowhere"),
    ],
)
def test_a_path_that_is_no_file_is_refused(tmp_path, monkeypatch, name, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "device.toml").symlink_to("/dev/null")
    with pytest.raises(StudyError, match=expected):
        load_study(name)


def test_every_study_that_reads_is_listed_beside_those_that_do_not(tmp_path, small):
    own = init_workspace(tmp_path)
    (own.studies / "good.toml").write_text(small, encoding="utf-8")
    for number, (text, _) in enumerate(WRONG.values()):
        content = text if isinstance(text, bytes) else text.encode()
        (own.studies / f"bad{number}.toml").write_bytes(content)
    (own.studies / "folder.toml").mkdir()
    (own.studies / "dangling.toml").symlink_to("nowhere")
    (own.studies / "lines.toml").write_text('title = "two\\nlines"', encoding="utf-8")
    listed = {name: title for name, title, _ in list_studies(own)}
    assert listed["good"] == "A small study"
    assert listed["lines"] == "two lines"
    bad = [name for name in listed if name.startswith("bad")]
    assert len(bad) == len(WRONG)
    for name in (*bad, "folder", "dangling"):
        assert listed[name].startswith("(cannot be read: "), name


def test_a_long_value_is_shown_by_its_beginning(refusal, changed):
    message = refusal(changed('"destination"', '"' + "x" * 50_000 + '"'))
    assert "apps 'new', role: needs one of" in message
    assert len(message) < 600


def test_of_many_mistakes_the_first_are_told(refusal, small):
    message = refusal(small + "".join(f"\n[[apps]]\nx{i} = 1" for i in range(100)))
    assert "and 3" in message.splitlines()[-1]
    assert len(message.splitlines()) == 22
