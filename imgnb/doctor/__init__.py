"""What is well and what is not, and the way out: this machine's side, a route's answers, and what a probe finds out.

Everything here is a generator of checks and progress; `commands/doctor.py` shows them.
"""
