"""Size and power of every inference that the package prints.

``python -m benchmarks.size`` writes ``docs/size.md`` from the data that ship and from
SIMULATED noise, and ``docs/size-larger.md`` from the larger set of observed series
where ``MIGRATION_REAL`` names its folder.
"""

import os

# Before numpy is loaded, here and in every process: one process, one thread.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
