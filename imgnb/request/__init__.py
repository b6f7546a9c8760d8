"""What can be asked: the request, what models can do, and what it costs."""

from .image_request import CARRIED, PARAMS, SHAPING, ImageRequest
from .references import Reference

__all__ = ["CARRIED", "PARAMS", "SHAPING", "ImageRequest", "Reference"]
