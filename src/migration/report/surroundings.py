"""What a kernel finds around it, the same whoever starts it: variables and a folder."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

POSIX = os.name == "posix"
# The path of a Unix socket may take 100 bytes or so; jupyter adds "k-1".
SOCKET_ROOM = 80
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
# What a shell may hold that would change what a report prints, or must not stand in it.
_DROPPED = (
    "PYTHONWARNINGS",
    "PYTHONWARNDEFAULTENCODING",
    "PYTHONSTARTUP",
    "PYTHONDEVMODE",
    "PYTHONINSPECT",
    "MATPLOTLIBRC",
    "MIGRATION_GITHUB_TOKEN",
)


def common_environment() -> dict[str, str]:
    """Variables that every kernel of a run has; those of Python act as it starts."""
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    return {
        **kept,
        **dict.fromkeys(_ONE_THREAD, "1"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        # Arrow's own allocator keeps what it was given, 10 MB a kernel.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
    }


def kernel_environment(folder: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Variables of one kernel, whose private folder is given."""
    return {
        **common_environment(),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder),
        **extra,
    }


def private_folder() -> Path:
    """A new folder of ours alone, with a path short enough for a socket."""
    for parent in (None, "/tmp") if POSIX else (None,):
        folder = Path(tempfile.mkdtemp(prefix="mg-", dir=parent))
        if parent or not POSIX or len(os.fsencode(folder)) <= SOCKET_ROOM:
            return folder
        folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="mg-"))
