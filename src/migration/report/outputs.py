"""Outputs of a notebook: tidied of what differs between runs, and what may not stand.

An address in memory, a warning, a figure without a text: each fails the render, with
the cell and the cure.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import nbformat
from nbformat import NotebookNode

from migration.report.manifest import sha256

INJECTED = "injected-parameters"
_ADDRESS = re.compile(r"(?<![\w+/])0x[0-9a-f]{6,}", re.IGNORECASE)
ANSI = re.compile(r"\x1b\[[0-9;]*m")
_SHOWN = ("image/png", "image/jpeg", "image/svg+xml", "text/html", "text/markdown")
_EMBEDDED = re.compile(r"data:[\w/+.-]+;base64,[\w+/=]+")
# matplotlib says so once a machine, when it first draws: no fault of the report's.
_BENIGN = re.compile(r"^.*Matplotlib is building the font cache.*\n?", re.MULTILINE)
# The repr of an axis or a figure says nothing to a reader beside the figure itself.
_DRAWN = re.compile(r"^(<(Axes|Figure)\b|\[?<matplotlib\.|array\(\[<Axes)")


def to_node(value: Mapping[str, Any]) -> NotebookNode:
    """A plain mapping as nbformat holds it."""
    node: NotebookNode = nbformat.from_dict(dict(value))  # type: ignore[no-untyped-call]
    return node


def tidy(notebook: NotebookNode, shown: str | None = None) -> NotebookNode:
    """The notebook without what differs between two runs of the same inputs.

    Cell ids become numbers, metadata keeps tags only, and an output keeps its richest
    form. ``shown`` is the study's name to print where its path was passed.
    """
    clean = deepcopy(notebook)
    clean.metadata = to_node(
        {
            "kernelspec": {
                "name": "python3",
                "display_name": "Python 3",
                "language": "python",
            },
            "language_info": {"name": "python"},
        }
    )
    for number, cell in enumerate(clean.cells):
        tags = cell.metadata.get("tags", [])
        cell["id"] = f"cell-{number}"
        cell["metadata"] = to_node({"tags": tags} if tags else {})
        if shown is not None and INJECTED in tags:
            cell["source"] = re.sub(
                r"^study = .*$", lambda _: f'study = "{shown}"', cell.source, flags=re.M
            )
        if cell.cell_type == "code":
            cell["outputs"] = [out for out in map(tidy_output, cell.outputs) if out]
    return clean


def problem(output: NotebookNode) -> str | None:
    """What must not stand in a report, of a tidied output; None if it may."""
    if output.output_type == "stream" and output.name == "stderr":
        return (
            "a report writes nothing to stderr, this cell wrote: "
            f"{ANSI.sub('', output.text).strip()[:500]}; mend its cause"
        )
    for text in _texts(output):
        if found := _ADDRESS.search(_EMBEDDED.sub("", text)):
            return (
                f"an output holds a memory address ({found.group()}), which differs "
                "from run to run; end the cell with a value that prints as data"
            )
    if "image/png" in output.get("data", {}) and not alt_text(output).strip():
        return (
            "a figure has no alternative text, needed by readers who cannot see it: "
            'draw it with plot_*, or display(fig, metadata={"image/png": {"alt": ...}})'
        )
    return None


def alt_text(output: NotebookNode) -> str:
    """Alternative text of a PNG output, empty when there is none."""
    return str(output.metadata.get("image/png", {}).get("alt", ""))


def figures(notebook: NotebookNode) -> tuple[dict[str, str], ...]:
    """Each figure of a notebook, in order: its text, and the SHA-256 of its bytes."""
    return tuple(
        {
            "alt": alt_text(output),
            "sha256": sha256(base64.b64decode(output.data["image/png"])),
        }
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    )


def without_images(notebook: NotebookNode) -> tuple[NotebookNode, dict[str, str]]:
    """The notebook with a short mark for each figure, and the figures by mark.

    A page is parsed several times as it is made; its figures are most of its length,
    and in base64 there is nothing to find in them.
    """
    light, images = deepcopy(notebook), {}
    for cell in light.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                image = str(data["image/png"]).strip()
                mark = f"figure{sha256(image.encode())}"
                images[mark] = image
                data["image/png"] = mark
    return light, images


def with_images(text: str, images: Mapping[str, str]) -> str:
    """A page with its figures in place of their marks."""
    for mark, image in images.items():
        text = text.replace(f"base64,{mark}", f"base64,{image}")
    return text


def _texts(output: NotebookNode) -> Iterator[str]:
    if output.output_type == "stream":
        yield output.text
    for kind, value in output.get("data", {}).items():
        if kind.startswith("text/"):
            yield value


def tidy_output(output: NotebookNode) -> NotebookNode | None:
    """One output in its richest form; None for what no reader needs."""
    clean = deepcopy(output)
    if clean.output_type == "stream":
        clean["text"] = _BENIGN.sub("", clean.text)
        return clean if clean.text else None
    data = clean.get("data", {})
    if any(kind in data for kind in _SHOWN):
        data.pop("text/plain", None)
    elif _DRAWN.match(data.get("text/plain", "")) and len(data) == 1:
        return None
    if "execution_count" in clean:
        clean["execution_count"] = None
    return clean
