"""Pages that can be read with a keyboard and by a screen reader, too.

Sphinx writes boxes that scroll and cannot be reached without a mouse, and the
parameters of a long signature as a list of definitions that define nothing.
"""

import re
from typing import Any

from sphinx.application import Sphinx

SCROLLS = re.compile(r'<pre(?=>)|<div(?= class="table-wrapper )')
LINES = re.compile(r'<dl>\s*(?P<lines>(?:<dd><em class="sig-param">.*</dd>\s*)+)</dl>')


def reachable(body: str) -> str:
    """The same page: what scrolls takes the focus, lines of a signature are lines."""
    body = SCROLLS.sub(r'\g<0> tabindex="0"', body)
    return LINES.sub(lambda found: as_lines(found["lines"]), body)


def as_lines(lines: str) -> str:
    """Each parameter in a box of its own."""
    boxes = lines.replace("<dd>", "<div>").replace("</dd>", "</div>")
    return f'<div class="sig-lines">{boxes}</div>'


def change(*given: Any) -> None:
    """Change a page's text just before it is written; of what is given, the fourth."""
    context = given[3]
    if "body" in context:
        context["body"] = reachable(context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at every page."""
    app.connect("html-page-context", change)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
