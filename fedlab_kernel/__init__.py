"""fedlab: learn from hospital data that nobody but the hospital may see."""

__version__ = "0.1.0"
