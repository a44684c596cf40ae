"""Questions that fit no queryset method."""

from usage.queries.licences import Licences, licences_of

__all__ = ["Licences", "licences_of"]
