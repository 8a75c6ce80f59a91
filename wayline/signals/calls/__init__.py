"""What programs send: Segment's calls and PostHog's, made signals and on disk before anybody hears "yes".

Call: one thing a program says about a customer. Meaning: what the name of a semantic event says of it.
Script: what a web page loads so that it can send calls itself.
"""
