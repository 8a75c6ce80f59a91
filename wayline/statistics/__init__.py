"""Numbers, pure: NumPy and SciPy in, frozen results out.

Estimate: a value with its interval and its n. Change: the difference of two estimates, judged. Flow: who
went how far along ordered steps.
"""
