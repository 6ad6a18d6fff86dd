"""Names that a file or a folder can have on every system, and beside reports."""

import re

_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_LETTERS = re.compile(r"[a-z0-9][a-z0-9._-]*")
# What the reports' folder itself uses, or a web server would look for.
SITE_NAMES = frozenset({"index", "index.html", "assets", "runs", "failed"})


def name_fault(name: str, *, most: int, taken: frozenset[str] = SITE_NAMES) -> str:
    """Say what a name needs to be and is not; empty where it will do.

    Upper case is refused, and so twins that a system without cases cannot tell apart.

    Parameters
    ----------
    name : str
        Without its suffix.
    most : int
        The most characters that it may have.
    taken : frozenset of str
        Names that mean something else where the file is to lie.
    """
    if not _LETTERS.fullmatch(name) or len(name) > most:
        return (
            f"up to {most} of a-z, 0-9, '.', '_' and '-', and to start with a letter "
            "or digit"
        )
    if name.endswith("."):
        return "no dot at its end, which Windows drops"
    if _DEVICE.fullmatch(name):
        return "another word than a device of Windows"
    if name in taken:
        return "another word than those that the site of reports uses itself"
    return ""
