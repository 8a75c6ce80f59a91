"""One workspace as a DuckDB file for analysts, and questions in SQL to it."""
