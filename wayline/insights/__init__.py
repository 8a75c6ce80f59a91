"""What it means: findings about customers at the steps of a journey, with what stands behind them.

Insight: a pain point, gain, need or observation; its words and its places on maps are its card's.
Evidence: what it rests on: signals that are counted anew at every look, or what somebody told or noted.
"""
