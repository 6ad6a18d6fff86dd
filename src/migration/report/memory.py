"""The most memory that a process has held, where the system tells of it."""

import re
from pathlib import Path

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak_mb(pid: int | None) -> int | None:
    """Peak resident memory in MB so far; None where it is not told, or it has gone.

    Pages that a forked process shares with its parent are counted, too.
    """
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found = _PEAK.search(text)
    return round(int(found.group(1)) / 1024) if found else None
