"""The field by which a person sends a CSV file, and the handler that keeps one that is far too large from being kept at all."""

from typing import IO, Any, Final

from django import forms
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

ACCEPTED: Final = ".csv,.txt,.tsv,text/csv,text/plain,text/tab-separated-values"


class CsvFileField(forms.FileField):
    """A file of at most `most_bytes`. What is in it nobody has read yet."""

    def __init__(self, *, most_bytes: int, help_text: Any = "") -> None:
        super().__init__(
            label=gettext_lazy("CSV file"),
            help_text=help_text,
            widget=forms.FileInput({"accept": ACCEPTED}),
            max_length=255,
            error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("The file is empty.")},
        )
        self.most_bytes = most_bytes

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The file.

        :raises forms.ValidationError: when there is none, it is empty, or larger than may be.
        """
        file: UploadedFile[bytes] = super().clean(data, initial)
        size = file.size or 0
        if size > self.most_bytes:
            sizes = {"size": filesizeformat(size), "most": filesizeformat(self.most_bytes)}
            raise forms.ValidationError(
                _("The file has %(size)s, and %(most)s is the most. Split it into several.") % sizes, code="too_large"
            )
        return file


class PassingOverTheTooLarge(FileUploadHandler):
    """Lets what is larger than any file that a form takes go by: neither memory nor disk gets it, and the form refuses it by its size.

    It is read to its end, or the browser would see a broken connection instead of the words.
    """

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803 - as Django calls it, by name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.activated = content_length > settings.LARGEST_UPLOAD

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.activated:
            raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return None if self.activated else raw_data

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        """A file with its size and nothing in it; None for the handlers after this one to say."""
        return UploadedFile(ContentFile(b""), self.file_name, size=file_size) if self.activated else None
