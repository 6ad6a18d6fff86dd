"""What a parameters cell may hold, and what may be given for it."""

import pytest

from migration.errors import ParameterError, ReportError
from migration.report.parameters import (
    read_notebook,
    read_parameters,
    resolve,
    split_assignment,
    split_assignments,
)

CELL = """\
# where it happened
study: str = "whatsapp-2021"
code: str = "001"
n: int = 3
share: float = 1
deep: bool = False
apps: list[str] = ["signal"]
until: str | None = None
"""


@pytest.fixture
def parameters(notebook):
    return read_parameters(notebook(parameters=CELL), "tiny")


def test_each_kind_is_read_with_its_default(parameters):
    found = {p.name: (p.annotation, p.default) for p in parameters}
    assert found == {
        "study": ("str", "whatsapp-2021"),
        "code": ("str", "001"),
        "n": ("int", 3),
        "share": ("float", 1.0),
        "deep": ("bool", False),
        "apps": ("list[str]", ["signal"]),
        "until": ("str | None", None),
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("code", "007", "007"),
        ("code", "None", "None"),
        ("n", "-4", -4),
        ("share", "0.5", 0.5),
        ("share", "2", 2.0),
        ("deep", "yes", True),
        ("deep", "False", False),
        ("apps", "a, b", ["a", "b"]),
        ("apps", '["a,b"]', ["a,b"]),
        ("apps", "", []),
        ("until", "None", None),
        ("until", "2021-01-16", "2021-01-16"),
    ],
)
def test_text_is_cast_by_the_annotation(parameters, name, text, value):
    found = resolve(parameters, {name: text}, "tiny")[name]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("n", "abc", "n is int, got 'abc'; give a whole number"),
        ("n", "1.5", "whole number"),
        ("n", "None", "whole number"),
        ("share", "nan", "finite"),
        ("share", "1,5", "with a point"),
        ("deep", "maybe", "true or false"),
        ("apps", "[1]", "JSON list"),
        ("n", True, "n is int, got True"),
    ],
)
def test_another_type_is_refused_with_what_to_give(parameters, name, text, advice):
    with pytest.raises(ParameterError, match=advice.replace("[", r"\[")):
        resolve(parameters, {name: text}, "tiny")


def test_an_unknown_name_is_refused_with_the_nearest(parameters):
    with pytest.raises(ParameterError, match=r"'shrae'.*did you mean 'share'\?"):
        resolve(parameters, {"shrae": "1"}, "tiny")


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("x = 1", "needed an annotation"),
        ("x: int", "needed a default"),
        ("x: dict = {}", "needed a type of str, int"),
        ("x: int = 'a'", "x is int, got 'a'"),
        ("x: bool = 1", "x is bool, got 1"),
        ("import os", "needed name: type = value"),
        ("year: int = 2020\npath: str = f'data_{year}.csv'", "derived"),
        ("year: int = 2020\nx: int = year", "line 2: a default must be a literal"),
        ("x: int = 1\nx: int = 2", "set twice: x"),
        ("x: int = (", "not Python"),
    ],
)
def test_anything_but_annotated_literals_is_refused(notebook, line, needed):
    with pytest.raises(ParameterError, match=needed):
        read_parameters(notebook(parameters=line), "tiny")


def test_two_parameters_cells_are_refused(notebook):
    twice = notebook("x = 1")
    twice["cells"][1]["metadata"]["tags"] = ["parameters"]
    with pytest.raises(ParameterError, match="found 2"):
        read_parameters(twice, "tiny")


def test_a_notebook_without_such_a_cell_takes_nothing(notebook):
    plain = notebook()
    plain["cells"][0]["metadata"]["tags"] = []
    assert read_parameters(plain, "tiny") == ()
    with pytest.raises(ParameterError, match="takes no parameters"):
        resolve((), {"x": "1"}, "tiny")


@pytest.mark.parametrize("text", ["app", "=signal", "1app=x", ""])
def test_what_is_no_assignment_is_refused(text):
    with pytest.raises(ParameterError, match="name=value"):
        split_assignment(text)


def test_only_the_first_sign_parts_name_and_value():
    assert split_assignment("url=a=b") == ("url", "a=b")


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    path = tmp_path / "broken.ipynb"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ReportError, match=r"broken\.ipynb: needed a notebook"):
        read_notebook(path)


def test_a_name_given_twice_is_refused():
    assert split_assignments(["a=1", "b=2"]) == {"a": "1", "b": "2"}
    with pytest.raises(ParameterError, match="-p a needs one value, got '1' and '1'"):
        split_assignments(["a=1", "b=2", "a=1"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("code", ""),
        ("code", "\udcff"),
        ("n", ""),
        ("n", "9" * 6000),
        ("n", str(2**63)),
        ("n", 2**63),
        ("n", 10**6000),
        ("share", "1e999"),
        ("share", float("inf")),
        ("share", 10**400),
        ("apps", "[" * 9000),
        ("apps", '["\\ud800"]'),
        ("apps", "[NaN]"),
    ],
    ids=range(13),
)
def test_what_no_report_could_hold_is_refused_in_one_short_line(parameters, name, text):
    with pytest.raises(ParameterError, match=f"tiny: {name} is ") as error:
        resolve(parameters, {name: text}, "tiny")
    assert len(str(error.value)) < 250


def test_an_empty_text_is_taken_where_it_is_the_default(notebook):
    found = read_parameters(notebook(parameters='note: str = ""'), "tiny")
    assert resolve(found, {"note": ""}, "tiny") == {"note": ""}


@pytest.mark.parametrize(
    "line",
    [
        "x: list[str] = " + "[" * 150 + "]" * 150,
        "x: list[str] = " + "[" * 3000,
        "x: int = " + "-" * 5000 + "1",
        "x = " + "1+" * 20_000 + "1",
        "x: int = " + "9" * 6000,
        "x: int = 0x" + "f" * 6000,
        "x: float = " + "9" * 400,
        "x: float = 1e999",
        "x: int = 1\0",
        "x: list[str] = [{[]}]",
    ],
    ids=range(10),
)
def test_a_cell_that_cannot_be_digested_is_refused(notebook, line):
    with pytest.raises(ParameterError, match="tiny"):
        read_parameters(notebook(parameters=line), "tiny")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"cells": [{"source": "\\ud800"}]}',
        '{"cells": [{"source": "", "metadata": null}]}',
        '{"cells": [[]]}',
        '{"cells": 5}',
        "[]",
        '{"cells": [{"source": "", "metadata": {"tags": [1, "a"]}}]}',
    ],
)
def test_a_file_that_is_no_notebook_is_refused(tmp_path, text):
    path = tmp_path / "odd.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=r"odd\.ipynb: needed a notebook"):
        read_notebook(path)
