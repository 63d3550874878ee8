"""Benchmarks of fedlab against named peers: `python -m bench`."""

import os

# One thread, here and in every process started from here; numpy reads these when it is imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[_name] = "1"
