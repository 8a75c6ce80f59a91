"""What bin/bench runs: questions to the product on synthetic logs, and the same to its peers."""
