"""How it is meant to go for a customer, and how it really goes.

Journey: the path to a customer's goal. Phase: a stretch of it. Step: one thing the customer does.
Touchpoint: the place where customer and organisation meet. Binding: the condition that says which signals
are this step.
"""
