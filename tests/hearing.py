"""Processes that hear an interrupt, whoever started the tests."""

import os
import signal


def _hear():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# A shell lets what it runs in the background ignore interrupts, and so its children.
HEARING = {"preexec_fn": _hear} if os.name == "posix" else {}
