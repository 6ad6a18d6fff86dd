"""The figure that a report leads with: it stands once, at the top of the page.

A notebook names it by the tag ``lead`` on its cell; else it is the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

LEAD, MOVED = "lead", "lead-moved"
PNG = "image/png"


@dataclass(frozen=True, kw_only=True)
class Lead:
    """A figure in base64, its text and caption, and its size where that is told."""

    data: str
    alt: str
    width: int | None = None
    height: int | None = None
    caption: str = ""


def lead_place(cells: Sequence[Mapping[str, Any]]) -> tuple[int, int] | None:
    """The cell and the output that hold the figure; None where there is none."""
    places = [
        (number, at)
        for number, cell in enumerate(cells)
        for at, output in enumerate(cell.get("outputs", []))
        if PNG in output.get("data", {})
    ]
    tagged = [place for place in places if LEAD in _tags(cells[place[0]])]
    return next(iter([*tagged, *places]), None)


def take_lead(notebook: "NotebookNode") -> Lead | None:
    """The figure, taken out of its cell, whose place is marked."""
    place = lead_place(notebook.cells)
    if place is None:
        return None
    cell = notebook.cells[place[0]]
    output = cell.outputs.pop(place[1])
    cell.metadata["tags"] = [*_tags(cell), MOVED]
    about = output.get("metadata", {}).get(PNG, {})
    size = {name: int(about[name]) for name in ("width", "height") if about.get(name)}
    data = str(output.data[PNG]).replace("\n", "")
    alt, caption = (str(about.get(name, "")) for name in ("alt", "caption"))
    return Lead(data=data, alt=alt, caption=caption, **size)


def _tags(cell: Mapping[str, Any]) -> list[str]:
    return list(cell.get("metadata", {}).get("tags", []))
