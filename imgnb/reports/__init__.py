"""Notebooks as reports: pinned to their pictures, packed with them, slimmed, restored, and printed.

Everything here takes a notebook's file and a library; nothing runs a notebook or asks a provider.
"""
