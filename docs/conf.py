"""How `make docs` builds the site. Nothing is fetched, now or by a reader."""

import os
import sys
from pathlib import Path

import migration

# Before numpy is there: pictures are made of small matrices, which threads slow down.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "migration"
author = "The migration authors"
copyright = author
release = version = migration.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "for_everyone",
    "made_pages",
    "pictures",
    "public_names",
]
exclude_patterns = ["_ext", "schedules"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 72
napoleon_google_docstring = False
# Several names may share a line: a list of them, not an entry each.
napoleon_custom_sections = [("Attributes", "params_style")]
# Tables of the measured pages are wider than this theme's column: they scroll.
html_theme = "furo"
html_title = f"migration {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
# They are fetched, which a page that is opened as a file may not do.
html_show_search_summary = False
html_last_updated_fmt = None
copybutton_exclude = ".linenos, .gp, .go"
# Named in an annotation alone, so that `import migration` stays quick.
nitpick_ignore = [("py:class", "Client")]
# An unresolved name of another library is theirs: no inventory is fetched.
nitpick_ignore_regex = [
    (
        r"py:.*",
        r"(pandas|numpy|matplotlib|great_tables|collections|datetime|pathlib|os|typing"
        r"|annotated_types|concurrent|click|pydantic|requests|plt|pd|np|NDArray|DataFrame|Series|Path"
        r"|Axes|GT|Figure|Timestamp)(\..*)?",
    ),
]
