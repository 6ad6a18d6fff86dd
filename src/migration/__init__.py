"""Measure whether users moved from one app to another around a dated event.

Names load on first use, so that ``import migration`` is quick; ``__init__.pyi``
lists them.

>>> import migration as mg
>>> issubclass(mg.StudyError, mg.MigrationError)
True
"""

from lazy_loader import attach_stub

_load, __dir__, __all__ = attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    """Load a public name, or look the version up, when first asked for."""
    if name == "__version__":
        from importlib.metadata import version  # 30 ms, more than all the rest

        return version("platform-migration")
    return _load(name)
