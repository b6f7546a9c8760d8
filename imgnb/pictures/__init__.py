"""Pictures as bytes: what they are, small copies of them, and what a notebook shows.

Importing this imports no Pillow: each function brings it when it is first called, and `probe` never does. What only some
need (conversions, cut-outs, masks, trees, tables as pictures) is imported from its own module.
"""

# Not through __getattr__: several of these share the name of their module, and importing a submodule would put
# the module in the function's place. Bound here, after that import, the function stays.
from .bundle import bundle, bundle_of, display_size
from .contact_sheet import contact_sheet
from .decode import decode
from .encode import Preview
from .placeholder import caption, placeholder, strip
from .preview import cached_thumbnail, preview, previews, stored_preview, thumbnail
from .probe import MAX_PIXELS, Picture, probe

__all__ = [
    "MAX_PIXELS",
    "Picture",
    "Preview",
    "bundle",
    "bundle_of",
    "cached_thumbnail",
    "caption",
    "contact_sheet",
    "decode",
    "display_size",
    "placeholder",
    "preview",
    "previews",
    "probe",
    "stored_preview",
    "strip",
    "thumbnail",
]
