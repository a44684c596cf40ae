"""Which day it is for a provider: contracts, due dates and statuses are told in its time zone."""

from datetime import date
from zoneinfo import ZoneInfo

from accounts.api_door import ApiRequest
from accounts.doors import ProviderRequest


def today(request: ProviderRequest | ApiRequest) -> date:
    """The day of the request in the provider's zone."""
    return request.at.astimezone(ZoneInfo(request.provider.time_zone)).date()
