"""A function of a query as an array program: its layers, and per-person gradients clipped and added up."""
