"""What a real kernel puts into a notebook's outputs."""

import json
import os
import subprocess
import sys

import matplotlib.pyplot as plt
import pytest

from migration.display import alt_text, describe
from migration.errors import DisplayError

RUN = """
import json, sys, warnings
warnings.simplefilter("ignore")
import nbformat
from nbclient import NotebookClient
cells = [nbformat.v4.new_code_cell(source) for source in json.load(sys.stdin)]
notebook = nbformat.v4.new_notebook(cells=cells)
NotebookClient(notebook, timeout=100, kernel_name="python3").execute()
json.dump([cell.outputs for cell in notebook.cells], sys.stdout)
"""
SET_UP = """
import pandas as pd
from migration.display import plot_series, describe, report_card
days = pd.date_range("2021-01-01", periods=5)
frame = pd.DataFrame({"unit": "a", "period": days, "y": [1.0, 2, 3, 2, 17]})
"""


def outputs_of(cells, backend):
    """Outputs of each cell, from a kernel started with a matplotlib backend."""
    ran = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=True,
        env={**os.environ, "MPLBACKEND": backend},
    )
    return json.loads(ran.stdout)


@pytest.mark.slow
def test_a_kernel_carries_alternative_text_into_its_outputs():
    """The later figures too: drawing the first must not stop a notebook's drawing."""
    cells = [
        SET_UP,
        "plot_series(frame)",
        "ax = plot_series(frame)\nax.set_ylabel('mine');",
        "ax",
        "import matplotlib.pyplot as plt\nfig, own = plt.subplots()\n"
        "describe(own, 'drawn by hand');",
        "plot_series(frame)\nplot_series(frame);",
        "report_card({}, answer='Nothing moved.', warnings=['few days'])",
    ]
    outputs = outputs_of(cells, "module://matplotlib_inline.backend_inline")
    assert [len(one) for one in outputs] == [0, 1, 1, 1, 1, 2, 1]
    figures = [output for cell in outputs[1:6] for output in cell]
    for output in figures:
        about = output["metadata"]["image/png"]
        assert about["alt"] == output["data"]["text/plain"]
        assert {"image/png", "text/plain"} == set(output["data"])
        assert about["width"] > 0 < about["height"]
    assert "highest 17 on 5 January 2021" in figures[0]["metadata"]["image/png"]["alt"]
    assert figures[3]["metadata"]["image/png"]["alt"] == "drawn by hand"
    card = outputs[6][0]["data"]["application/vnd.migration.report+json"]
    assert card["warnings"] == ["Few days"]
    assert "Nothing moved." in outputs[6][0]["data"]["text/markdown"]


@pytest.mark.slow
def test_axes_at_the_end_of_a_cell_show_even_where_no_backend_would():
    _, (shown,) = outputs_of([SET_UP, "plot_series(frame)"], "agg")
    assert "highest 17" in shown["metadata"]["image/png"]["alt"]


def test_results_do_not_load_figures_or_tables():
    code = (
        "import sys, migration, migration.results, migration.study\n"
        "heavy = {'matplotlib', 'great_tables', 'IPython', 'PIL'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert ran.stdout.strip() == "[]"


def test_a_second_description_replaces_the_first():
    _, ax = plt.subplots()
    describe(ax, "first")
    assert describe(ax, "second\n  thought") is ax
    assert alt_text(ax) == "second thought"


def test_an_empty_description_is_refused():
    _, ax = plt.subplots()
    with pytest.raises(DisplayError, match="got an empty one"):
        describe(ax, "  ")
