r"""Tables for a paper and for a spreadsheet.

LaTeX is great_tables' own, mended in what a paper needs: a caption that is counted, a
label, columns of long text that break, and signs that every LaTeX knows. It needs the
packages ``array``, ``booktabs`` and ``caption``; ``longtable`` for a long one.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from migration.display.column_widths import Fit, fitted
from migration.display.gt import Table
from migration.errors import DisplayError
from migration.plain import cell_text

SIGNS = {
    **{"−": "$-$", "×": r"$\times$", "≤": r"$\le$", "≥": r"$\ge$", "±": r"$\pm$"},
    **{"–": "--", "—": "---", "…": r"\ldots{}", "→": r"$\to$", "·": r"$\cdot$"},
    **{"“": "``", "”": "''", "‘": "`", "’": "'", "\u00a0": "~", "≈": r"$\approx$"},
    **{"θ": r"$\theta$", "β": r"$\beta$", "α": r"$\alpha$", "σ": r"$\sigma$"},
    **{"²": r"\textsuperscript{2}", "³": r"\textsuperscript{3}", "°": r"$^\circ$"},
    **{"ı": r"{\i}", "∞": r"$\infty$"},
}
_SIGNS = str.maketrans(SIGNS)
_CAPTION = re.compile(
    r"\\caption\*\{\s*\{\\large (.*?)\}\s*\}\s*?(?:\\\\)?\s*\n", re.DOTALL
)
_BEGIN = re.compile(
    r"\\begin\{tabular\*\}\{\\linewidth\}\{@\{\\extracolsep\{\\fill\}\}([lcr|]+)\}"
    r"|\\begin\{longtable\}\{([lcr|]+)\}"
)
_HEAD = re.compile(r"\\toprule\n.*?\\midrule[^\n]*\n", re.DOTALL)
_SIDE = {
    **dict.fromkeys("lc", r">{\raggedright\arraybackslash}"),
    "r": r">{\raggedleft\arraybackslash}",
}
_LABEL = re.compile(r"[A-Za-z0-9:._-]+")
_SIZE = r"\fontsize{12.0pt}{14.4pt}\selectfont"


def to_latex(table: Table, *, label: str = "", long: bool = False) -> str:
    r"""A table as LaTeX, for ``\input``.

    Parameters
    ----------
    table : Table
        What any ``table_*`` returned.
    label : str, optional
        For ``\ref``: letters, digits and ``:._-``.
    long : bool
        A ``longtable``, which goes on over pages.

    Returns
    -------
    str
        Names in other than Latin script need LuaLaTeX or XeLaTeX and a font of theirs.

    Raises
    ------
    DisplayError
        If it is no table of ours, or the label is none.
    """
    if not isinstance(table, Table):
        raise DisplayError(
            f"to_latex needs a table, got {type(table).__name__}; give what a table_* "
            "function returned (of a frame: table_frame(frame, caption=...))"
        )
    if label and not _LABEL.fullmatch(label):
        raise DisplayError(
            f"to_latex: label {label!r} needs letters, digits and :._- only"
        )
    made = table.as_latex(use_longtable=long).translate(_SIGNS)
    made = _CAPTION.sub(lambda found: _caption(found[1], label, long=long), made)
    fit = fitted(table.cells)
    made = _BEGIN.sub(lambda found: _begin(fit, found, long=long), made)
    made = made.replace("|", r"\textbar{}")
    made = made.replace(_SIZE, fit.size).replace("end{tabular*}", "end{tabular}")
    made = made.replace(r"\begin{minipage}", r"\noindent\begin{minipage}")
    return _HEAD.sub(_repeated, made, count=1) if long else made


def to_csv(table: Any, path: str | Path | None = None) -> str:
    """A table's cells, or a result's numbers with all their digits, as CSV.

    Parameters
    ----------
    table : Table, DataFrame, or a result with ``to_frame()``
        Of a table the cells as they are shown; what is simulated has a last column
        that says so.
    path : str or Path, optional
        Where to write it, in UTF-8.

    Returns
    -------
    str
        The text. What is missing is empty; what a spreadsheet would take for a formula
        has an apostrophe before it.

    Raises
    ------
    DisplayError
        If something else came.
    """
    frame = _without_formulas(_frame(table))
    named = any(frame.index.names)
    text = str(frame.to_csv(index=named, lineterminator="\n"))
    if path is not None:
        Path(path).write_text(text, encoding="utf-8", newline="")
    return text


def _frame(table: Any) -> pd.DataFrame:
    if isinstance(table, Table):
        cells = table.cells
        if table.caption.startswith("SIMULATED"):
            return cells.assign(data="SIMULATED")
        return cells
    if isinstance(table, pd.DataFrame):
        return table
    if hasattr(table, "to_frame"):
        frame = table.to_frame()
        if isinstance(frame, pd.DataFrame):
            return frame
    kind = "a mapping" if isinstance(table, Mapping) else type(table).__name__
    raise DisplayError(
        f"to_csv needs a table, a frame or one result, got {kind}; give what a table_* "
        "function or an estimator returned"
    )


def _without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Names and labels are strangers' words, in cells, heads and row labels."""
    return frame.map(_cell_text).rename(columns=_cell_text, index=_cell_text)


def _cell_text(value: Any) -> Any:
    return cell_text(value) if isinstance(value, str) else value


def _caption(text: str, label: str, *, long: bool) -> str:
    """A caption with a number; in a longtable it ends with the line's end."""
    mark = f"\\label{{{label}}}" if label else ""
    return f"\\caption{{{text}}}{mark}" + ("\\\\\n" if long else "\n")


def _begin(fit: Fit, found: re.Match[str], *, long: bool) -> str:
    """The columns: those that would run out of the page are set in lines."""
    letters = (found[1] or found[2]).replace("|", "")
    specs = [
        letter if share is None else f"{_SIDE[letter]}p{{{share:.3f}\\linewidth}}"
        for letter, share in zip(letters, fit.shares, strict=True)
    ]
    kind = "longtable" if long else "tabular"
    return f"\\begin{{{kind}}}{{{''.join(specs)}}}"


def _repeated(found: re.Match[str]) -> str:
    """The heads of a long table again on each of its pages."""
    return f"{found[0]}\\endfirsthead\n{found[0]}\\endhead\n"
