"""From a simulator with known truth to the intervals that a report prints.

``python -m benchmarks.trial`` writes ``docs/trial.md``. Everything is SIMULATED.
"""

import os

# Before numpy is loaded, here and in every process: one process, one thread.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
