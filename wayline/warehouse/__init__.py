"""The columnar engine that holds the signals.

Warehouse: one connection to one engine, chosen by URL. Two doors lead to it: only signals writes, only
metrics reads.
"""
