"""What the pages that join areas ask: the overview, one customer's story, the search."""
