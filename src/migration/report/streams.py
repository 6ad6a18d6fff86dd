"""What a cell prints: joined as a reader sees it, and no more than a page can hold."""

from collections.abc import Iterable, Sequence
from typing import Any

from nbformat import NotebookNode

# Five pages of the longest that is published, in characters: no report prints as much.
MOST = 5_000_000
_KEPT = 2_000
_FRAMES = 20_000
_TEXT = "text/"


def joined(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Outputs with what was printed in pieces as one text a stream, stdout first.

    A carriage return takes back its line, as on a terminal. nbclient does the same with
    a pattern whose time grows with the square of a line: for one of some megabytes it
    holds the interpreter, and with it every signal and time limit, for hours. An error
    keeps the beginning and the end of its words.
    """
    pieces: dict[str, list[str]] = {}
    kept: list[NotebookNode] = []
    for output in outputs:
        if output.output_type != "stream":
            kept.append(output)
            continue
        if output.name not in pieces:
            kept.append(output)
        pieces.setdefault(output.name, []).append(output.text)
    for output in kept:
        if output.output_type == "stream":
            output["text"] = "\n".join(map(_shown, _lines(pieces[output.name])))
        if output.output_type == "error":
            output["evalue"] = shortened(output.evalue)
            output["traceback"] = [shortened(t, _FRAMES) for t in output.traceback]
    return _stdout_first(kept)


def length(outputs: Sequence[NotebookNode]) -> int:
    """Characters of text that a cell has put out so far; figures are none."""
    return sum(len(text) for output in tuple(outputs) for text in _texts(output))


def too_long(outputs: Sequence[NotebookNode]) -> str:
    """What to say of a cell whose text no page can hold; else nothing."""
    if length(outputs) <= MOST:
        return ""
    return (
        f"this cell put out more than {MOST:,} characters of text, the most that "
        "is kept of one: nobody would read it in a report; print less, or write a file"
    )


def beginning(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """The outputs that fit, and the beginning of the first that does not."""
    room, kept = MOST, []
    for output in outputs:
        room -= sum(map(len, _texts(output)))
        if room >= 0:
            kept.append(output)
        elif output.output_type == "stream":
            output["text"] = f"{output.text[:_KEPT]}\n[cut here]\n"
            return [*kept, output]
    return kept


def shortened(text: str, most: int = _KEPT) -> str:
    """A text of a stranger's error, whose middle is left out where it is long."""
    half = most // 2
    return text if len(text) <= most else f"{text[:half]} [...] {text[-half:]}"


def _lines(pieces: list[str]) -> list[str]:
    return "".join(pieces).split("\n")


def _shown(line: str) -> str:
    """What is left of a line after its last carriage return but one at its end."""
    return line[line.rfind("\r", 0, max(len(line) - 1, 0)) + 1 :]


def _stdout_first(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Both streams in one order: which of them is heard first is chance."""
    for place in range(len(outputs) - 1):
        two = [(one.output_type, one.get("name")) for one in outputs[place : place + 2]]
        if two == [("stream", "stderr"), ("stream", "stdout")]:
            outputs[place : place + 2] = outputs[place : place + 2][::-1]
    return outputs


def _texts(output: NotebookNode) -> list[str]:
    held: dict[str, Any] = {"text/": output.get("text"), **output.get("data", {})}
    return [
        text
        for kind, text in held.items()
        if kind.startswith(_TEXT) and isinstance(text, str)
    ]
