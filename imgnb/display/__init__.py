"""Showing what happens: one notebook output that follows a run, and a line in a terminal."""
