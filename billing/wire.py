"""Values that several of this app's JSON shapes have alike."""

from typing import Annotated

from pydantic import Field

from msp_portal.lib.wire.texts import Text

InvoiceNumber = Annotated[Text, Field(max_length=32, examples=["INV-2026-00042"])]
"""By which the API names an invoice: the number that stands on its paper."""
