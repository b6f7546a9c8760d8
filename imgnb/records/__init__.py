"""What the library gives back: generations, assets and how they hang together, as frozen values.

They know where the bytes lie and nothing of SQL. The library makes them; everybody may read them.
"""

from .asset import EXTENSIONS, Asset, blob_path
from .door import Door
from .facets import Facets
from .found import Found
from .generation import AttemptRecord, Generation, Input
from .labels import STAR, Labels
from .lineage import Lineage, Link, Node
from .ranking import Choice, Ranking, Standing

__all__ = [
    "EXTENSIONS",
    "STAR",
    "Asset",
    "AttemptRecord",
    "Choice",
    "Door",
    "Facets",
    "Found",
    "Generation",
    "Input",
    "Labels",
    "Lineage",
    "Link",
    "Node",
    "Ranking",
    "Standing",
    "blob_path",
]
