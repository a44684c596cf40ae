"""The body of the vendor's searches, which asks for what a list's query string asks for, and for more (design: provider-api 2)."""

from typing import Annotated, Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse, QueryDict
from pydantic import BaseModel, Field, StrictInt

from msp_portal.lib.wire.body_filters import body_conditions
from msp_portal.lib.wire.lists import LARGEST_SKIP, SEARCH_FIELDS, SEARCH_TERM, USUAL_LIMIT, Listing, Row
from msp_portal.lib.wire.texts import Text

Names = Annotated[Text | list[Text] | None, Field(description="Names separated by blanks or commas, or a list of them.")]
FILTER: Final = 'Conditions that must hold: `{"field": value}`, `{"field": {"$operator": value}}`, a list of them, `{"and": […]}` or `{"or": […]}`.'


class SearchFilter(BaseModel):
    """Words to look for, and the fields to look for them in; the names if it says none."""

    search_term: Annotated[Text | list[Text] | None, Field(alias="searchTerm", examples=["fox"])] = None
    fields: Names = None


class Search(BaseModel):
    """What a search asks for. Without a body it is the list."""

    filter: Annotated[Any, Field(description=FILTER, examples=[[{"created": {"$gte": "2026-03-01"}}]])] = None
    search_filter: Annotated[SearchFilter | None, Field(alias="searchFilter", examples=[{"searchTerm": "fox"}])] = None
    fields: Annotated[Names, Field(examples=["id created"])] = None
    sort: Annotated[Names, Field(examples=["-created"])] = None
    limit: Annotated[StrictInt, Field(ge=1, description="How many rows at most.", examples=[USUAL_LIMIT])] | None = None
    skip: Annotated[StrictInt, Field(ge=0, le=LARGEST_SKIP, description="How many rows to pass over.", examples=[0])] | None = (
        None
    )

    def answer(self, request: HttpRequest, listing: Listing[Row], rows: QuerySet[Row]) -> JsonResponse:
        """The page of `rows` that this asks for.

        :raises WireError: 400 for what says nothing sensible.
        """
        found = rows.filter(body_conditions(self.filter, listing.columns))
        return listing.answer(request, found, self.as_query(request.GET))

    def as_query(self, given: QueryDict) -> QueryDict:
        """The same question as a query string asks it; what the body leaves out is taken from the one `given`. `filter` stands apart."""
        looked_for = self.search_filter or SearchFilter()
        said: dict[str, Any] = {
            "fields": self.fields,
            "sort": self.sort,
            "limit": self.limit,
            "skip": self.skip,
            SEARCH_TERM: looked_for.search_term,
            SEARCH_FIELDS: looked_for.fields,
        }
        asked = given.copy()
        for name, value in said.items():
            if value is not None:
                asked.setlist(name, [str(one) for one in value] if isinstance(value, list) else [str(value)])
        return asked
