"""How well the promise is kept, in numbers.

Metric: a number with a definition. Question: what is asked of a metric. Answer: the number with its
interval, its n and its change. Flow: how far customers go along a journey's steps.
"""
