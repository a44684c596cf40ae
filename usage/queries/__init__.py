"""Questions that fit no queryset method."""

from usage.queries.licences import Licences, licences_of, licences_used

__all__ = ["Licences", "licences_of", "licences_used"]
