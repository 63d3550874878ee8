"""The researcher's notebook: magics, results with error bars, plots, and messages as carets under the cell."""
