"""CSV files that are written again and again, for people who work in a spreadsheet."""
