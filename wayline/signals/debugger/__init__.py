"""Signals as they arrive, and refused ones sent again.

Line: one signal of the journal with what became of it. Replay: a refused signal, accepted after a fix.
"""
