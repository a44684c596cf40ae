"""Values that several of this app's JSON shapes have alike."""

from typing import Annotated

from pydantic import Field

from msp_portal.lib.wire.texts import Text

InvoiceNumber = Annotated[Text, Field(max_length=32, examples=["INV-2026-00042"])]
"""By which the API names an invoice: the number that stands on its paper."""

Amount = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["200.00"])]
"""Money as text, with the digits that its currency has after the point (prices may have more)."""

Currency = Annotated[str, Field(min_length=3, max_length=3, examples=["USD"])]
