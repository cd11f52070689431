"""Out-of-distribution detection: `scores` give each example a number, `detection` says how well it parts two sets.

Higher scores mean more in-distribution, everywhere.
"""
