"""Everything observed about customers, in one stream.

Signal: one thing observed. Condition: what a signal or a customer must be. Journal: the durable record of
what was accepted. Import: a file turned into signals. Segment: a saved condition on customers.
"""
