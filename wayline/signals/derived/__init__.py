"""Signals concluded from other signals, by rules that people write.

Rule: what to conclude, from which signals. Made: one signal a rule concluded, with the signals that made it.
"""
