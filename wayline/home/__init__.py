"""Pages that join the areas: today, one customer's whole story, search, and the demo company.

Overview: what needs a look today. Story: everything one customer did and said, on one timeline.
"""
