"""What leaves the product, and what comes back.

Export: a workspace taken away whole, as open files, until they expire. Arrival: such files put into an empty
workspace again.
"""
