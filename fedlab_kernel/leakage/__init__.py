"""The leakage lab: what an attacker reads from the update that a hospital sends, shown beside the truth."""
