"""From a request to stored pictures: replay or call, retry, store, record."""

from .plan import Order

__all__ = ["Order"]
