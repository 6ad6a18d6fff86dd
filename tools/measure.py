"""Measure what the numbers are worth and what they cost: size, trial, bench.

``python3 tools/measure.py size`` writes ``docs/size.md`` in some minutes, ``trial``
writes ``docs/trial.md``, ``bench`` times the estimators against peers. All set up the
environments of ``dev.py`` first.
"""

import argparse
import os
import sys

import dev


def main() -> int:
    """Run the study asked for; its exit code is ours."""
    parser = argparse.ArgumentParser(prog="tools/measure.py", description=__doc__)
    parser.add_argument("--venv", default=".venv", help="environment (%(default)s)")
    parser.add_argument("study", choices=("size", "trial", "bench"))
    args, rest = parser.parse_known_args()
    os.chdir(dev.ROOT)
    venv = dev.ROOT / args.venv
    dev.install(venv, dev=True)
    if args.study == "bench":
        os.environ["MIGRATION_PEERS"] = str(dev.install_peers(venv))
    return dev.call(venv, "-m", f"benchmarks.{args.study}", *rest)


if __name__ == "__main__":
    sys.exit(main())
