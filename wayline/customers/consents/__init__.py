"""What customers allow, for which purpose and on which channel, and how that came about."""
