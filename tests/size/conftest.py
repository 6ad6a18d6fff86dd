"""The studies in benchmarks/ are no part of the package: their folder is named here."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
