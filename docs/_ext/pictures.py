"""A block of code and the picture that it draws, made while the site is built.

``{picture}`` runs its content as Python; what a page has run before is known to it.
The picture and its alternative text are those of a report: ``plot_*`` writes the text
from the result. A picture without one ends the build.
"""

from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from migration.display.alt import alt_text, to_png

FOLDER = "_pictures"


class Picture(Directive):
    """Run code, show it, and below it the figure, if it made one."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Give the code and the image; whatever the code raises ends the build."""
        env = self.state.document.settings.env
        code = "\n".join(self.content)
        block = nodes.literal_block(code, code, language="python")
        figure = drawn(code, names_of(env))
        if figure is None:
            return [block]
        if not alt_text(figure):
            raise self.error("a picture needs alternative text, and this has none")
        name = f"{env.docname.replace('/', '-')}-{self.lineno}.png"
        path = Path(env.app.outdir) / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_png(figure))
        image = tag(name, alt_text(figure), env.docname)
        return [block, nodes.raw("", image, format="html")]


def tag(name: str, alt: str, docname: str) -> str:
    """The picture on a white card: its own colours are made for white."""
    up = "../" * docname.count("/")
    image = f'<img src="{up}{FOLDER}/{name}" alt="{escape(alt)}">'
    return f'<p class="picture">{image}</p>'


def names_of(env: Any) -> dict[str, Any]:
    """What the blocks above on the same page have named."""
    return env.temp_data.setdefault("picture_names", {"__name__": "__main__"})


def drawn(code: str, names: dict[str, Any]) -> Any:
    """Run the code; the figure that it left open, or None."""
    mpl.use("agg")
    import matplotlib.pyplot as plt

    plt.close("all")
    exec(compile(code, "<picture>", "exec"), names)
    return plt.gcf() if plt.get_fignums() else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Know the directive."""
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
