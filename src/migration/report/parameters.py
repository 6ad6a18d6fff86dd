"""The parameters of a notebook: read without a kernel, checked before one starts.

A notebook says what it takes in one cell tagged ``parameters``, of annotated literals
only (``app: str = "signal"``), so that no default can be derived from another and a
value's type is known before anything runs. The file is read as JSON: this path
imports no notebook library.
"""

import ast
import difflib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from migration.errors import ParameterError, ReportError

Value: TypeAlias = str | int | float | bool | list[str] | None

KINDS = ("str", "int", "float", "bool", "list[str]")
_UNREADABLE = (ValueError, TypeError, RecursionError, MemoryError)
_BITS = 63  # what a data frame holds
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One line of a parameters cell: its name, annotation and default."""

    name: str
    kind: str
    optional: bool
    default: Value

    @property
    def annotation(self) -> str:
        """The annotation as the notebook writes it."""
        return f"{self.kind} | None" if self.optional else self.kind


def read_notebook(path: Path) -> dict[str, Any]:
    """Read a notebook as plain JSON, cell sources joined to one string each.

    Raises
    ------
    ReportError
        If the file is no notebook of format 4.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"]
        for cell in cells:
            cell["source"] = "".join(cell["source"])
            cell["source"].encode()  # JSON can hold halves of characters
            cell_tags(cell)
    except (*_UNREADABLE, OSError, KeyError, AttributeError) as error:
        raise ReportError(
            f"{path}: needed a notebook of format 4, this does not read as one "
            f"({type(error).__name__}: {error!s:.200}); save it again in JupyterLab"
        ) from error
    return dict(notebook)


def cell_tags(cell: Mapping[str, Any]) -> list[str]:
    """Tags of one cell, sorted."""
    return sorted(cell.get("metadata", {}).get("tags", []))


def read_parameters(notebook: Mapping[str, Any], name: str) -> tuple[Parameter, ...]:
    """Parameters of a notebook; ``()`` when it has no cell tagged ``parameters``.

    Raises
    ------
    ParameterError
        If the cell holds anything but annotated literals, or there are two cells.
    """
    cells = [cell for cell in notebook["cells"] if "parameters" in cell_tags(cell)]
    if len(cells) > 1:
        raise ParameterError(
            f"{name}: needed one cell tagged 'parameters', found {len(cells)}; "
            "join them"
        )
    if not cells:
        return ()
    try:
        body = ast.parse(cells[0]["source"]).body
        found = tuple(_parameter(node, name) for node in body)
    except ParameterError:
        raise
    except (*_UNREADABLE, SyntaxError) as error:
        raise ParameterError(
            f"{name}: the parameters cell is not Python: {_why(error)}"
        ) from error
    names = [parameter.name for parameter in found]
    if repeated := sorted({n for n in names if names.count(n) > 1}):
        raise ParameterError(f"{name}: parameter set twice: {', '.join(repeated)}")
    return found


def resolve(
    parameters: tuple[Parameter, ...], given: Mapping[str, Value], name: str
) -> dict[str, Value]:
    """Defaults, with what was given in place of them; texts are cast by annotation.

    Raises
    ------
    ParameterError
        On an unknown name (with the nearest one) or a value of another type.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for unknown in given.keys() - known.keys():
        raise ParameterError(_unknown(unknown, sorted(known), name))
    values = {parameter.name: parameter.default for parameter in parameters}
    for key, value in given.items():
        values[key] = _cast(known[key], value, name)
    return values


def split_assignments(texts: Iterable[str]) -> dict[str, Value]:
    """Every ``name=value`` of the command line, each name once.

    Raises
    ------
    ParameterError
        If one is not ``name=value``, or a name comes twice.
    """
    given: dict[str, Value] = {}
    for name, value in map(split_assignment, texts):
        if name in given:
            raise ParameterError(
                f"-p {name} needs one value, got {given[name]!r:.80} and "
                f"{value!r:.80}; leave one out"
            )
        given[name] = value
    return given


def split_assignment(text: str) -> tuple[str, str]:
    """``name=value`` of the command line, as its two halves.

    Raises
    ------
    ParameterError
        If there is no ``=`` or no name before it.
    """
    name, sign, value = text.partition("=")
    if not sign or not name.strip().isidentifier():
        raise ParameterError(
            f"-p needs name=value, got {text!r:.80}; write for example -p app=signal"
        )
    return name.strip(), value


def _unknown(unknown: str, known: list[str], name: str) -> str:
    near = difflib.get_close_matches(unknown, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "see its parameters cell"
    takes = ", ".join(known) if known else "no parameters"
    return f"{name}: unknown parameter {unknown!r:.80}; it takes {takes}; {hint}"


def _parameter(node: ast.stmt, name: str) -> Parameter:
    """One statement of the cell; anything but an annotated literal is refused."""
    place = f"{name}, parameters cell, line {node.lineno}"
    if isinstance(node, ast.Assign):
        raise ParameterError(
            f"{place}: needed an annotation, got {ast.unparse(node)!r}; "
            f"write name: type = value with a type of {', '.join(KINDS)}"
        )
    if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
        raise ParameterError(
            f"{place}: needed name: type = value, got {ast.unparse(node)!r}; "
            "move it to another cell"
        )
    kind, optional = _kind(node.annotation, place)
    parameter = Parameter(
        name=node.target.id, kind=kind, optional=optional, default=None
    )
    default = _check(parameter, _literal(node, place), place)
    return Parameter(name=parameter.name, kind=kind, optional=optional, default=default)


def _kind(annotation: ast.expr, place: str) -> tuple[str, bool]:
    text = ast.unparse(annotation)
    kind = text.removesuffix(" | None")
    if kind not in KINDS:
        raise ParameterError(
            f"{place}: needed a type of {', '.join(KINDS)}, or one of these | None, "
            f"got {text!r}"
        )
    return kind, kind != text


def _literal(node: ast.AnnAssign, place: str) -> object:
    if node.value is None:
        raise ParameterError(f"{place}: needed a default, got {ast.unparse(node)!r}")
    try:
        return ast.literal_eval(node.value)
    except ValueError as error:
        raise ParameterError(
            f"{place}: a default must be a literal, got {ast.unparse(node.value)!r}: "
            "a default derived from another value would not follow it; "
            "derive it in the next cell"
        ) from error


def _check(parameter: Parameter, value: object, place: str) -> Value:
    """``value`` if its type is the annotated one; an int stands for a float."""
    if value is None and parameter.optional:
        return None
    if parameter.kind == "float" and type(value) is int and _fits(value):
        value = float(value)
    types: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
    if parameter.kind == "list[str]":
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return list(value)
    elif type(value) is types[parameter.kind] and _fits(value):
        return value  # type: ignore[return-value]
    raise ParameterError(
        f"{place}: {parameter.name} is {parameter.annotation}, got {_shown(value)}; "
        f"{_ADVICE[parameter.kind]}"
    )


def _fits(value: object) -> bool:
    """Whether a number is one that a data frame and a log can hold."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or value.bit_length() <= _BITS


def _shown(value: object) -> str:
    """Show the beginning of a value; Python writes no number of thousands of digits."""
    if isinstance(value, int) and not _fits(value):
        return f"a number of {value.bit_length()} bits"
    return f"{value!r:.80}"


def _why(error: BaseException) -> str:
    if isinstance(error, RecursionError | MemoryError):
        return "it nests too deep"
    return f"{error!s:.200}"


def _cast(parameter: Parameter, value: Value, name: str) -> Value:
    """A value given from outside; text is read as the annotation says."""
    if parameter.optional and value == "None":
        return None
    if not isinstance(value, str):
        return _check(parameter, value, name)
    try:
        value.encode()  # a byte that is no character came from the terminal
        if value == "" and parameter.kind == "str" and parameter.default != "":
            raise ValueError("no text")
        return _check(parameter, _READERS[parameter.kind](value), name)
    except (*_UNREADABLE, KeyError) as error:
        raise ParameterError(
            f"{name}: {parameter.name} is {parameter.annotation}, got "
            f"{_shown(value)}; {_ADVICE[parameter.kind]}"
        ) from error


def _read_list(text: str) -> list[str]:
    """``a,b``, or a JSON list for items that hold a comma."""
    if not text.startswith("["):
        return [item.strip() for item in text.split(",")] if text else []
    items = json.loads(text)
    "".join(items).encode()  # texts alone, and whole characters
    return list(items)


_READERS: dict[str, Callable[[str], Value]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": lambda text: _WORDS[text.lower()],
    "list[str]": _read_list,
}
_ADVICE = {
    "str": "give a text, in UTF-8 and not empty; leave it out for the default",
    "int": "give a whole number of at most 18 digits",
    "float": "give a finite number, with a point",
    "bool": "give true or false",
    "list[str]": 'give items parted by commas, or a JSON list: ["a", "b"]',
}
