"""What may be wrong with the signals that come in.

Finding: something noticed, with since when and how much, until it ends or somebody has dealt with it.
"""
