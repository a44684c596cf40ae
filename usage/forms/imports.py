"""A file of users or devices as a person sends it."""

from django import forms

from msp_portal.lib.csv_upload import CsvFileField
from usage.bounds import LARGEST_IMPORT
from usage.models import StagedImport


class ImportForm(forms.Form):
    """The file alone; what is in it the worker reads. Saved by an action, which leaves the import as `result`."""

    result: StagedImport

    file = CsvFileField(most_bytes=LARGEST_IMPORT)
