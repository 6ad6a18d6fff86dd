"""The style sheet that reports and the index share."""

from importlib.resources import files


def style() -> str:
    """Text of the sheet; it loads nothing."""
    folder = files("migration").joinpath("report", "template", "report")
    return folder.joinpath("style.css").read_text(encoding="utf-8").strip()
