"""Pictures as bytes: what they are, small copies of them, and what a notebook shows.

Importing this imports no Pillow: each function brings it when it is first called, and `probe` never does.
"""

# Not through __getattr__: several of these share the name of their module, and importing a submodule would put
# the module in the function's place. Bound here, after that import, the function stays.
from .bundle import bundle, bundle_of, display_size
from .contact_sheet import contact_sheet
from .conversion import Conversion, Takes, convert, needed, upright_size
from .decode import decode
from .drawn import described, drawn
from .encode import Preview
from .placeholder import caption, placeholder, strip
from .preview import cached_thumbnail, preview, previews, stored_preview, thumbnail
from .probe import MAX_PIXELS, Picture, probe
from .tree import TreeNode, tree_alt, tree_picture

__all__ = [
    "MAX_PIXELS",
    "Conversion",
    "Picture",
    "Preview",
    "Takes",
    "TreeNode",
    "bundle",
    "bundle_of",
    "cached_thumbnail",
    "caption",
    "contact_sheet",
    "convert",
    "decode",
    "described",
    "display_size",
    "drawn",
    "needed",
    "placeholder",
    "preview",
    "previews",
    "probe",
    "stored_preview",
    "strip",
    "thumbnail",
    "tree_alt",
    "tree_picture",
    "upright_size",
]
