"""From a request to stored pictures: replay or call, retry, store, record."""

from .service import Order, Service

__all__ = ["Order", "Service"]
