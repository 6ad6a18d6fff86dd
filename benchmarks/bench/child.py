"""One program in a process of its own, for what must start afresh to be measured."""

import subprocess
from collections.abc import Sequence
from pathlib import Path


def said_by(
    words: Sequence[str | Path], *, limit: float, cwd: Path | None = None
) -> str:
    """Run a program and give its standard output; what it may take is in seconds.

    Raises
    ------
    RuntimeError
        If it fails, with the end of what it said.
    """
    done = subprocess.run(
        words,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=limit,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed: {done.stderr[-2000:]}")
    return done.stdout
