"""One file for each page of the area."""
