"""A file of users as a person sends it."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from usage.bounds import LARGEST_IMPORT
from usage.models import UserImport


class UserFileForm(forms.Form):
    """The file alone; what is in it the worker reads. Saved by an action, which leaves the import as `result`."""

    result: UserImport

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        widget=forms.FileInput({"accept": ".csv,.txt,text/csv,text/plain,text/tab-separated-values"}),
        error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("The file is empty.")},
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """The file, if it is of a size that can be read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        size = file.size or 0
        if size > LARGEST_IMPORT:
            words = _("The file has %(size)s, and %(most)s is the most. Split it and import one file after the other.")
            raise forms.ValidationError(words % {"size": filesizeformat(size), "most": filesizeformat(LARGEST_IMPORT)})
        return file
