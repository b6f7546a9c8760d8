"""From a request to stored pictures: replay or call, retry, store, record."""

from .plan import Order, Plan
from .service import Service

__all__ = ["Order", "Plan", "Service"]
