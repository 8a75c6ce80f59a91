"""Look and plumbing for every area; knows no word of the domain.

Refusal: a rule said no, with a sentence for the person. Page: HTML that is also its own fragments.
"""
