"""Bundles: a part of a library that travels, as a zip, a folder, or records alone; and pictures from elsewhere.

What goes in is chosen by `gathering.py` and written by `exporting.py`, for people by `sidecars.py` and `page.py`. What comes
from others is opened by `packs.py`, held against `limits.py` and `shape.py`, read by `records_json.py`, staged by
`importing.py` and merged by `merging.py`; pictures of other tools are `foreign.py`'s.
"""
