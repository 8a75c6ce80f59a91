"""The vocabulary of a workspace: every signal name with what people say about it and what was counted.

Term: what people say about a name. Day, hour: how often it came. Use: where a name is relied on.
"""
