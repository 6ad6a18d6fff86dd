"""A great_tables table with a fixed id, a caption, and no colours of its own.

The library's style sheet is 8 kB a table, paints dark text whatever the page, and names
elements outside the table. Here a short one, for this table only, inherits the page's
colours, so that the table can be read in a dark page too. No script, no address.
"""

import hashlib
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from great_tables import GT

from migration.errors import DisplayError
from migration.numerals import with_minus

CSS = """\
#{id} {{ overflow-x: auto; }}
#{id} table {{ font-size: .82rem; border-collapse: collapse; color: inherit;
  background: transparent; font-variant-numeric: tabular-nums; line-height: 1.4; }}
#{id} caption {{ caption-side: top; text-align: left; font-weight: 600;
  padding-bottom: .4em; color: inherit; }}
#{id} th, #{id} td {{ padding: .3em .7em .3em 0; border: 0; text-align: left;
  vertical-align: top; color: inherit; background: transparent;
  border-bottom: 1px solid rgba(128, 128, 128, .35); }}
#{id} thead th {{ border-bottom: 2px solid currentColor; vertical-align: bottom;
  font-weight: 600; }}
#{id} tbody th {{ font-weight: 600; }}
#{id} .gt_right {{ text-align: right; }}
#{id} td.gt_right {{ white-space: nowrap; }}
#{id} .gt_day {{ white-space: nowrap; }}
#{id} tfoot td {{ border-bottom: 0; font-size: .9em; }}
"""
STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
HEADING = re.compile(
    r'<tr class="gt_heading">\s*<td[^>]*?id="(?P<id>[^"]*)"[^>]*>.*?</td>\s*</tr>',
    re.DOTALL,
)
OPENING = re.compile(r"<table[^>]*>")
BOX = re.compile(r'(<div id="[^"]*") style="[^"]*"')
# In a block of its own a note can stay in view while its table scrolls.
# A day that breaks in two is hard to read, and a column of them is narrow anyway.
DAY = re.compile(r'class="(gt_row[^"]*)">(\d{4}-\d\d-\d\d|\d\d? [A-Z][a-z]{2} \d{4})<')
SPAN = re.compile(
    r">(\d\d?) ([A-Z][a-z]{2}) (\d{4}) to (\d\d?) ([A-Z][a-z]{2}) (\d{4})<"
)
NOTE = re.compile(r'(<td class="gt_sourcenote"[^>]*>)(.*?)(</td>)', re.DOTALL)


# A head with its scope says to which cells it belongs; ids and lists of ids for each
# cell say it again, in more bytes than the cells themselves.
SAID_BY_SCOPE = re.compile(r' headers="[^"]*"|(?<=[\w"]) (?:col|row)span="1"')
HEAD_ID = re.compile(r'(<th[^>]*) id="[^"]*"')
PLAIN = re.compile(r' class="gt_(?:row|col_heading)[^"]*"')
MEANT = ("gt_right", "gt_day")  # classes that the style sheet knows


class Table(GT):
    """A great_tables table that says what it is and fits the page around it."""

    def as_raw_html(
        self,
        inline_css: bool = False,
        make_page: bool = False,
        all_important: bool = False,
    ) -> str:
        """The table as HTML: a caption, header scopes, its own short style sheet."""
        made = super().as_raw_html(inline_css, make_page, all_important)
        name = str(self._options.table_id.value)
        made = STYLE.sub(f"<style>\n{CSS.format(id=name)}</style>", made, count=1)
        made = BOX.sub(r"\1", made, count=1)
        made = DAY.sub(r'class="\1 gt_day">\2<', made)
        made = SPAN.sub(r">\1&nbsp;\2&nbsp;\3 to \4&nbsp;\5&nbsp;\6<", made)
        made = NOTE.sub(r'\1<div class="note">\2</div>\3', made)
        made = PLAIN.sub(_meant, HEAD_ID.sub(r"\1", SAID_BY_SCOPE.sub("", made)))
        heading = HEADING.search(made)
        if heading is None:
            return made
        text = html.escape(self.caption)
        caption = f'\n<caption id="{heading["id"]}">{text}</caption>'
        made = HEADING.sub("", made, count=1)
        return OPENING.sub(lambda found: found.group() + caption, made, count=1)

    def _repr_html_(self) -> str:
        """What a notebook shows, the same wherever it runs."""
        return self.as_raw_html()

    def __repr__(self) -> str:
        """The caption: the same from run to run."""
        return f"<table: {self.caption}>"

    @property
    def cells(self) -> pd.DataFrame:
        """The cells as they are shown, the column of row labels first."""
        frame: pd.DataFrame = self._tbl_data
        return frame.copy()

    @property
    def caption(self) -> str:
        """The title, in plain text."""
        return str(self._heading.title)


def _meant(found: re.Match[str]) -> str:
    """Of a cell's classes those that make a difference."""
    kept = [name for name in MEANT if name in found.group()]
    return f' class="{" ".join(kept)}"' if kept else ""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What stands around a table's cells.

    Attributes
    ----------
    name : str
        First part of the id, which a hash of the contents completes.
    caption : str
    stub : str
        The column of row labels.
    right : sequence of str
        Columns of numbers, set to the right.
    notes : iterable of str
    simulated : bool
    """

    name: str
    caption: str
    stub: str
    right: Sequence[str] = ()
    notes: Iterable[str] = ()
    simulated: bool = False


def make_table(cells: pd.DataFrame, words: Words) -> Table:
    """Set cells that are text already; the id depends on the contents alone."""
    cells = cells.astype("str").map(with_minus, na_action="ignore")
    is_said = words.caption.startswith("SIMULATED") or not words.simulated
    caption = with_minus(words.caption)
    caption = caption if is_said else f"SIMULATED: {caption}"
    content = caption + cells.to_csv(index=False)
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    table = Table(cells, rowname_col=words.stub, id=f"{words.name}-{digest}")
    # The library writes its cells one by one, and slowly into a column of Arrow.
    table._body.body = table._body.body.astype(object)
    table = (
        table.tab_header(title=caption)
        .tab_stubhead(label=words.stub)
        .cols_align(align="left")
    )
    if right := [name for name in words.right if name in cells.columns]:
        table = table.cols_align(align="right", columns=right)
    for note in words.notes:
        table = table.tab_source_note(source_note=with_minus(note))
    return table


def check_frame(frame: object, needed: Sequence[str], what: str) -> pd.DataFrame:
    """The frame itself when it has the columns, else a refusal that names them."""
    if not isinstance(frame, pd.DataFrame):
        raise DisplayError(f"{what} needs a frame, got {type(frame).__name__}")
    if absent := [name for name in needed if name not in frame.columns]:
        raise DisplayError(
            f"{what} needs the columns {', '.join(needed)}; {', '.join(absent)} are "
            f"absent from {', '.join(map(str, frame.columns))}"
        )
    return frame
