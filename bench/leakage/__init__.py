"""The leakage lab's tables, measured over seeds: `python -m bench.leakage`. Each module but three makes some of them.

`data` has the pictures that do not come with fedlab, `trials` the experiments, `table` goals, intervals and verdicts.
"""
