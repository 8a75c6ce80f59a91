"""Who the customers are and how we recognise them.

Customer: the person served. Identity: one way to recognise a customer. Merge: two profiles found to be one
person, with the reason; it can be undone.
"""
