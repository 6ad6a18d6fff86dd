"""Import the notebook libraries without what they import only in case.

jsonschema builds a grammar of internationalised addresses, which takes longer than all
else that a report needs here, and papermill loads Arrow for file systems of clusters.
Both are optional where they are imported, and no report asks for either.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

IN_CASE = ("rfc3987_syntax", "pyarrow")


@contextmanager
def spared() -> Iterator[None]:
    """While this lasts, these modules cannot be imported; those that were stay.

    Nothing is spared where other threads run, which might need them just now.
    """
    alone = threading.active_count() == 1
    hidden = [name for name in IN_CASE if alone and name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
