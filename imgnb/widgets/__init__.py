"""What is looked at, chosen and painted in a notebook: the studio, the gallery, the painters, comparing and rating.

Each is a `Panel` (a Python object with a static twin), whose page is a module of `static/`. They ask the workspace and
the library for everything, as a magic does. `imgnb.studio` and the others load on first use.
"""
