"""Keeping a library whole over the years: verify, repair, gc, rebuild, compact, backup, stats. `upholding.py` is their door."""
