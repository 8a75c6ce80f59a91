"""What people and rules did in this product, written once.

Activity: one thing somebody did, with who, what and when. Never a customer's behaviour: that is a signal.
"""
