"""The fedlab kernel: every cell is a query, unless it says that it is for this notebook's own Python."""
