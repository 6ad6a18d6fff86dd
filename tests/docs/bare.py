"""Run pages as if only what the wheel needs were installed: no Jupyter, no reports.

``python bare.py PYPROJECT RUNNER PAGE...`` prints each page's faults as JSON.
"""

import importlib.util
import json
import sys
import tomllib
from importlib.abc import MetaPathFinder
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def needed(words):
    """The distributions of these requirements and all that those need."""
    found, wanted = set(), [Requirement(word) for word in words]
    while wanted:
        one = wanted.pop()
        name = canonicalize_name(one.name)
        if name in found or not is_asked(one):
            continue
        found.add(name)
        try:
            wanted += [Requirement(word) for word in requires(name) or ()]
        except PackageNotFoundError:
            continue
    return found


def is_asked(one):
    return one.marker is None or one.marker.evaluate({"extra": ""})


class Refusal(MetaPathFinder):
    """Modules of other distributions are not there."""

    def __init__(self, allowed):
        self.refused = {
            module
            for module, owners in packages_distributions().items()
            if not {canonicalize_name(owner) for owner in owners} & allowed
        } - {"migration"}

    def find_spec(self, name, *_):
        if name.partition(".")[0] in self.refused:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def main(project, runner, *pages):
    listed = tomllib.loads(Path(project).read_text(encoding="utf-8"))["project"]
    spec = importlib.util.spec_from_file_location("run_pages", runner)
    run_pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run_pages)
    refusal = Refusal(needed(listed["dependencies"]))
    for name in [n for n in sys.modules if n.partition(".")[0] in refusal.refused]:
        del sys.modules[name]
    sys.meta_path.insert(0, refusal)
    found = {page: [*run_pages.faults(Path(page))] for page in pages}
    json.dump({"refused": sorted(refusal.refused), "faults": found}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
