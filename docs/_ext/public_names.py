"""A name is documented as readers call it: ``migration.Design``, wherever it lives."""

import importlib
import re
import sys
from functools import lru_cache, reduce
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import migration


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, words: nodes.Element
) -> nodes.Element | None:
    """Link a name of an inner module to its public one; let a true inner one stand.

    Types in docstrings are prose, ``mapping of str to Design``, of which the last word
    may be a name. A name that is nowhere stays unresolved: the build fails on it.
    """
    if node.get("refdomain") != "py":
        return None
    target = node.get("reftarget", "")
    last = re.split(r"[ .]", target)[-1]
    if last in migration.__all__:
        domain = env.get_domain("py")
        link = (node.get("refdoc", ""), app.builder, "obj", f"migration.{last}")
        return domain.resolve_xref(env, *link, node, words)
    known = is_prose(node) or target in inner_names() or exists(target)
    return words if known else None


def is_prose(node: pending_xref) -> bool:
    """Whether it is a word of a sentence or a choice in quotes, said of a type."""
    target = node["reftarget"]
    plain = "." not in target and not target[:1].isupper()
    return node["reftype"] == "class" and (plain or " " in target)


@lru_cache(maxsize=1)
def inner_names() -> frozenset[str]:
    """What modules of the package hold by themselves, public or not."""
    within = [m for name, m in sys.modules.items() if name.startswith("migration.")]
    return frozenset(name for module in within for name in vars(module))


def exists(name: str) -> bool:
    """Whether ``name`` is a module of the package, or something in one."""
    parts = name.split(".")
    if parts[0] != "migration":
        return False
    for length in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        try:
            reduce(getattr, parts[length:], module)
        except AttributeError:
            return False
        return True
    return False


def readable(*said: Any) -> tuple[str | None, str | None]:
    """A signature that can be read again: what a factory makes has no name in it."""
    signature, returned = said[5:7]
    return signature and signature.replace("<factory>", "..."), returned


def setup(app: Sphinx) -> dict[str, bool]:
    """Answer for names that the reference does not hold under that address."""
    app.connect("missing-reference", resolve)
    app.connect("autodoc-process-signature", readable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
