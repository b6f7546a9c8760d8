"""Ways to pictures: routes, the dialects that they speak, and the embedded engine. The only part that knows HTTP."""

from .dialects import DIALECTS, provider_for

__all__ = ["DIALECTS", "provider_for"]
