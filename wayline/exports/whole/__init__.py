"""A workspace as open files, complete, and back: Parquet for signals, JSON lines for every other row."""
