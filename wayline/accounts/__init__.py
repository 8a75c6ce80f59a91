"""Who works here, and what they may do.

Workspace: one organisation's separate world. User: a person working here. Membership: a user's role in a
workspace. Key: a program's way in.
"""
