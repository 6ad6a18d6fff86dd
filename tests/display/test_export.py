"""Tables as LaTeX and CSV: escaped, numbered, and with every digit that there is."""

import io
import re
import shutil
import subprocess
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.display import (
    table_effects,
    table_frame,
    table_secondary,
    to_csv,
    to_latex,
)
from migration.display.column_widths import BETWEEN, LINE, Fit, fitted
from migration.errors import DisplayError

ODD = r"50% of R&D_x #1 {z} \frac ~ ^2 $y$"
FRAME = pd.DataFrame(
    {"app": ["Signal", ODD], "n": [1.5, -2.25], "p_value": [1e-4, 0.3]}
)
DOCUMENT = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{array,booktabs,caption,longtable}
%% the text is as narrow as that of no other page
\begin{document}
%s
\end{document}
"""


@pytest.fixture
def table():
    notes = ["exp(x) − 1 ≤ 5% & θ²"]
    return table_frame(FRAME, caption="Shares of R&D", notes=notes)


def test_a_table_has_a_number_a_label_and_plain_columns(table):
    made = to_latex(table, label="tab:one")
    assert r"\caption{Shares of R\&D}\label{tab:one}" in made
    assert "caption*" not in made
    assert r"\end{tabular}" in made
    assert "tabular*" not in made
    assert "|" not in re.search(r"\\begin\{tabular\}(.*)", made)[1]


def test_everything_that_latex_reads_is_escaped(table):
    made = to_latex(table)
    assert r"50\% of R\&D\_x \#1 \{z\} \textbackslash{}frac" in made
    assert r"\textasciitilde{} \textasciicircum{}2 \$y\$" in made


def test_signs_that_not_every_latex_knows_become_its_own(table):
    made = to_latex(table)
    assert "$-$2.25" in made
    assert r"exp(x) $-$ 1 $\le$ 5\% \& $\theta$\textsuperscript{2}" in made
    assert made.isascii()


def _shares(columns):
    """What of the line the columns that are set in lines take."""
    return sum(map(float, re.findall(r"p\{(0\.\d+)", columns)))


def test_a_bar_is_a_bar():
    """In LaTeX's own font it is a dash."""
    frame = pd.DataFrame({"app": ["a"], "|t|": ["rank of |t|"]})
    made = to_latex(table_frame(frame, caption="By |t|"))
    assert "|" not in made
    assert made.count(r"\textbar{}t\textbar{}") == 3


def test_a_table_that_fits_has_plain_columns_and_one_that_does_not_lines():
    plain = fitted(pd.DataFrame({"app": ["Signal"], "n": ["1.28"]}))
    assert plain == Fit(r"\small", (None, None))
    wide = pd.DataFrame(
        {"app": ["Signal"], "told": ["long words " * 20], "n": ["1.28"]}
    )
    size, (app, told, n) = fitted(wide).size, fitted(wide).shares
    assert (size, app, n) == (r"\small", None, None)
    assert 0.5 < told < 1 - 3 * BETWEEN / LINE


def test_many_columns_get_a_smaller_type_and_all_fit():
    frame = pd.DataFrame({f"Column {at}": ["a word or two"] for at in range(9)})
    fit = fitted(frame)
    assert fit.size != r"\small"
    shares = [share for share in fit.shares if share is not None]
    assert sum(shares) + 9 * BETWEEN / LINE <= 1.001


def test_long_texts_are_set_in_lines_and_numbers_are_not(result):
    made = to_latex(table_secondary(result, name="Signal"))
    columns = re.search(r"\\begin\{tabular\}\{(.*)\}\n", made)[1]
    assert re.fullmatch(
        r"(>\{\\ragged(left|right)\\arraybackslash\}p\{0\.\d+\\linewidth\}|[lr])+",
        columns,
    )
    assert 0.3 < _shares(columns) <= 1
    words = pd.DataFrame({"app": ["a"], "told": ["long words " * 9], "n": [1.0]})
    made = to_latex(table_frame(words, caption="Words"))
    columns = re.search(r"\\begin\{tabular\}\{(.*)\}\n", made)[1]
    assert re.fullmatch(r"l>\{\\raggedright\\arraybackslash\}p\{0\.\d+\\linewidth\}r",
                        columns)  # fmt: skip


def test_a_long_table_repeats_its_heads_and_keeps_its_caption(table):
    made = to_latex(table, label="tab:two", long=True)
    assert r"\caption{Shares of R\&D}\label{tab:two}\\" in made
    assert made.count("App & N & p") == 2
    assert made.index(r"\endfirsthead") < made.index(r"\endhead")
    assert made.count(r"\begin{longtable}") == made.count(r"\end{longtable}") == 1


def test_what_is_simulated_says_so_in_both(result):
    assert "data" not in to_csv(table_effects({"Signal": result})).splitlines()[0]
    made = table_effects({"Signal": replace(result, simulated=True)})
    assert r"\caption{SIMULATED: " in to_latex(made)
    head, row = to_csv(made).splitlines()
    assert head.endswith(",data")
    assert row.endswith(",SIMULATED")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_sets_every_kind_of_table(tmp_path, table, result):
    made = [to_latex(table, label="a"), to_latex(table, label="b", long=True)]
    made += [to_latex(table_effects({"Signal": result}), label="c")]
    made += [to_latex(table_secondary(result, name="Signal"), label="e")]
    words = {
        f"Column {at}": ["a word or two", "+259% (160% to 394%)"] for at in range(6)
    }
    made += [to_latex(table_frame(pd.DataFrame(words), caption="|t|"), label="f")]
    made += [to_latex(table_secondary(result, name="Signal"), label="d", long=True)]
    place = tmp_path / "all.tex"
    place.write_text(DOCUMENT % "\n".join(made), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", place.name],
        cwd=tmp_path, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, said[-2000:]
    assert r"Overfull \hbox" not in said


@pytest.mark.parametrize("label", ["a b", "a}b", "ä", "\\x"])
def test_a_label_that_is_none_is_refused(table, label):
    with pytest.raises(DisplayError, match="letters, digits"):
        to_latex(table, label=label)


def test_a_frame_is_no_table_for_latex_and_the_refusal_says_how():
    with pytest.raises(DisplayError, match=r"got DataFrame.*table_frame\(frame"):
        to_latex(FRAME)


def test_csv_of_a_table_is_what_is_shown_and_of_a_result_all_digits(table, result):
    assert to_csv(table).splitlines()[:2] == ["App,N,p", "Signal,1.50,< 0.001"]
    numbers = pd.read_csv(io.StringIO(to_csv(result)))
    assert numbers["estimate"][0] == float(result.headline["estimate"])


def test_csv_is_written_where_asked_with_empty_for_missing(tmp_path):
    place = tmp_path / "a.csv"
    frame = pd.DataFrame({"a": [1.0, None]}, index=pd.Index(["x", "NA"], name="code"))
    text = to_csv(frame, place)
    assert place.read_bytes().decode("utf-8") == text == "code,a\nx,1.0\nNA,\n"


@pytest.mark.parametrize("wrong", [{"a": 1}, 3, "text"])
def test_what_has_no_table_is_refused(wrong):
    with pytest.raises(DisplayError, match="needs a table, a frame or one result"):
        to_csv(wrong)


@given(
    text=st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P", "S"]))
)
def test_no_cell_ends_a_cell_a_row_or_the_line(text):
    frame = pd.DataFrame({"app": ["a"], "told": [text]})
    made = to_latex(table_frame(frame, caption="A"))
    (row,) = re.findall(r"\\midrule[^\n]*\n(.*?)\\\\ *\n\\bottomrule", made, re.DOTALL)
    bare = re.sub(r"\\(?:text[a-z]+\{\}|[&%#_{}$])", "", row.partition("&")[2])
    assert not re.search(r"[&%#_~^$\\]", bare.replace("``", "").replace("''", ""))
