"""What cannot be seen in a study, and would act on a terminal, in a log or a page."""

import io

import pytest

from migration.errors import MigrationError, StudyError
from migration.plain import printable
from migration.study.file import parse_toml

UNSEEN = [
    "\x1b[2J",
    "\x00",
    "\x07",
    "\x7f",
    "\x9b31m",
    "\u2028",
    "\u202e",
    "\u2066",
    "\r",
]
SEEN = ["\n", "\t", "é", "नमस्ते", "می\u200cخواهم", "👩\u200d👩", "\u200f", "\u00a0"]


def _escaped(text):
    return "".join(f"\\U{ord(char):08x}" for char in text)


@pytest.mark.parametrize("text", UNSEEN)
@pytest.mark.parametrize(
    "line",
    ['title = "a{}"', '[[apps]]\nname = ["{}"]', '"a{}" = 1', '[ids]\n"b{}" = "c"'],
)
def test_it_is_refused_wherever_it_stands(tmp_path, text, line):
    content = line.format(_escaped(text)).encode()
    with pytest.raises(StudyError, match="without control characters") as told:
        parse_toml(content, tmp_path / "a.toml")
    assert str(told.value).isprintable()


def test_which_of_several_tables_holds_it_is_said(tmp_path):
    content = '[[events]]\nid = "a"\n[[events]]\nid = "b"\nlabel = "x\\u202e"'
    with pytest.raises(StudyError, match="toml: events, 'b', label: needs text"):
        parse_toml(content.encode(), tmp_path / "a.toml")
    with pytest.raises(StudyError, match=r"toml: names, no\. 2: needs text"):
        parse_toml(b'names = ["a", "b\\u202e"]', tmp_path / "a.toml")


def test_a_key_is_one_line(tmp_path):
    with pytest.raises(StudyError, match="without control"):
        parse_toml(b'"a\\nmigration: done" = 1', tmp_path / "a.toml")


@pytest.mark.parametrize("text", SEEN)
def test_what_languages_write_with_is_text(tmp_path, text):
    content = f'title = "a{_escaped(text)}"'.encode()
    assert parse_toml(content, tmp_path / "a.toml") == {"title": f"a{text}"}


@pytest.mark.parametrize("text", UNSEEN)
def test_every_error_is_safe_to_print(text):
    said = str(StudyError(f"needed one line, got {text}"))
    assert said.isprintable()
    assert said.startswith("needed one line, got \\")
    out = io.StringIO()
    print(MigrationError(text, 1), file=out)
    assert text not in out.getvalue()


@pytest.mark.parametrize("text", SEEN)
def test_an_error_keeps_the_words_of_all_languages(text):
    assert printable(text) == text == str(MigrationError(text))
