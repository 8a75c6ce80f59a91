"""What bin/bench runs: the product's questions on synthetic logs, and the same questions asked of its peers."""
