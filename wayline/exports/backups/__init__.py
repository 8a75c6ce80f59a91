"""The whole installation, copied while it runs, and put back elsewhere."""
