"""What leaves the product, and comes back: to other systems and to people who compute elsewhere.

Webhook: an address that is told of activities, signed. Delivery: one telling of one activity. Archive: a
workspace as open files, which another installation can take in. Snapshot: its tables at one moment, for SQL.
"""
