"""Run the code of Markdown pages and hold it to what they print.

``python tools/run_pages.py docs/library/*.md`` needs ``migration`` and nothing else,
so that a bare installation can be tried with it. A block of Python that is followed by
a block of text must print that text; the blocks of a page share their names.
"""

import contextlib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(
    r"```python\n(?P<code>.*?)```(?:\n+```text\n(?P<said>.*?)```)?", re.DOTALL
)


def main(names: list[str]) -> int:
    """Run each page; 1 where one prints something else than it says."""
    wrong = [fault for name in names for fault in faults(Path(name))]
    print("\n".join(wrong) or f"{len(names)} pages print what they say")
    return len(wrong[:1])


def faults(page: Path) -> Iterator[str]:
    """Each block that does not print what the page says it prints."""
    text = page.read_text(encoding="utf-8")
    names = {"__name__": "__main__"}
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 2
        printed = run("\n" * (line - 1) + block["code"], page, names)
        if printed != (block["said"] or ""):
            said = block["said"] or "nothing\n"
            yield f"{page}:{line}: says\n{said}and prints\n{printed}"


def run(code: str, page: Path, names: dict[str, object]) -> str:
    """Run one block; what it printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, str(page), "exec"), names)
    return said.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
