"""Making it better, and proving it.

Opportunity: what could be better at a step, with a size: who it reaches, how badly, what that is worth.
Shortlist: the few of them that are quick wins this week.
"""
