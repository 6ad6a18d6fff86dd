"""A small picture of the figure that a report leads with, for the index.

It lies in the run's folder beside the page; the index embeds it, so that it needs no
server and its policy allows nothing from elsewhere.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from migration.report.lead import PNG, lead_place

THUMBNAIL = "figure.png"
WIDTH, COLOURS = 480, 64  # pixels, twice what the page shows; flat graphics need few
MOST_BYTES = 40_000
_NEARLY_WHITE = 248
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def lead_figure(notebook: bytes) -> tuple[bytes, str] | None:
    """The lead figure of an executed notebook, as PNG, and its alternative text."""
    cells = json.loads(notebook).get("cells", [])
    place = lead_place(cells)
    if place is None:
        return None
    output = cells[place[0]]["outputs"][place[1]]
    data, about = output["data"][PNG], output.get("metadata", {}).get(PNG, {})
    text = data if isinstance(data, str) else "".join(data)
    return base64.b64decode(text), str(about.get("alt", ""))


def thumbnail(png: bytes) -> bytes:
    """A figure at ``WIDTH`` pixels, in few colours; same figure, same bytes.

    Raises
    ------
    OSError
        If it is no image that can be read.
    """
    from PIL import Image  # only where a report was rendered

    image = Image.open(BytesIO(png)).convert("RGB")
    height = max(round(image.height * WIDTH / image.width), 1)
    small = image.resize((WIDTH, height), Image.Resampling.LANCZOS)
    flat = small.quantize(
        COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    colours = flat.getpalette() or []
    flat.putpalette([255 if part >= _NEARLY_WHITE else part for part in colours])
    content = BytesIO()
    flat.save(content, format="PNG", optimize=True)
    return content.getvalue()


def load_thumbnails(
    folder: Path, manifests: Sequence[Mapping[str, Any]]
) -> dict[str, bytes]:
    """The thumbnails of the reports that have one."""
    found = {}
    for manifest in manifests:
        wanted = f"{manifest['run']}/{THUMBNAIL}"
        listed = {str(one["path"]) for one in manifest["outputs"]}
        path = folder / wanted
        if wanted not in listed or ".." in path.parts:
            continue
        content = path.read_bytes() if path.is_file() else b""
        if content.startswith(_SIGNATURE) and len(content) <= MOST_BYTES:
            found[str(manifest["report"])] = content
    return found
