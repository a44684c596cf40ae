"""What a support case can be about, how urgent it is and how it stands: each list once, for the forms, the console and the API's metadata.

A value is what the API says; a label is what a person reads.
"""

from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class CaseStatus(models.TextChoices):
    """Whose turn it is, in words that are true for both sides."""

    NEW = "New", _("New")
    IN_PROGRESS = "In Progress", _("In progress")
    ANSWERED = "Answered", _("Answered")
    SOLVED = "Solved", _("Solved")
    CLOSED = "Closed", _("Closed")


WHAT_NEXT: Final[dict[CaseStatus, Promise]] = {
    CaseStatus.NEW: _("Support has not answered yet."),
    CaseStatus.IN_PROGRESS: _("Support is working on it."),
    CaseStatus.ANSWERED: _("Support has answered; the next word is yours."),
    CaseStatus.SOLVED: _("Support takes it for solved. Reply if it is not."),
    CaseStatus.CLOSED: _("Nothing more is expected. A reply reopens the case."),
}
WAITING_FOR_SUPPORT: Final = (CaseStatus.NEW, CaseStatus.IN_PROGRESS)
AFTER_AN_ANSWER: Final = (CaseStatus.ANSWERED, CaseStatus.IN_PROGRESS, CaseStatus.SOLVED, CaseStatus.CLOSED)
"""What an operator may leave a case as, the usual one first."""


class ServiceGroup(models.TextChoices):
    ACCOUNT = "Account", _("Your account")
    PLATFORM = "Platform", _("The platform")


class Product(models.TextChoices):
    """The API's `caseSubmissionProductType`."""

    PORTAL = "Provider Portal", _("Provider Portal")
    LICENSES = "Licenses and Usage", _("Licences and usage")
    INVOICES = "Invoices and Payment", _("Invoices and payment")
    API = "API and Integrations", _("API and integrations")
    DIRECTORY = "Cloud Directory", _("Cloud directory")
    SIGN_ON = "Single Sign-On", _("Single sign-on")
    SECOND_FACTOR = "Multi-Factor Authentication", _("Multi-factor authentication")
    DEVICES = "Device Management", _("Device management")
    OTHER = "Something Else", _("Something else")


PRODUCTS: Final = {
    ServiceGroup.ACCOUNT: (Product.PORTAL, Product.LICENSES, Product.INVOICES, Product.API),
    ServiceGroup.PLATFORM: (Product.DIRECTORY, Product.SIGN_ON, Product.SECOND_FACTOR, Product.DEVICES, Product.OTHER),
}


class CaseType(models.TextChoices):
    QUESTION = "Question", _("Question")
    PROBLEM = "Problem", _("Problem")
    CHANGE = "Change Request", _("Change request")


class OperatingSystem(models.TextChoices):
    WINDOWS = "Windows", "Windows"
    MAC = "macOS", "macOS"
    LINUX = "Linux", "Linux"
    IOS = "iOS", "iOS"
    ANDROID = "Android", "Android"


class Severity(models.TextChoices):
    ONE = "Severity 1", _("Severity 1")
    TWO = "Severity 2", _("Severity 2")
    THREE = "Severity 3", _("Severity 3")


class ResponseTime(models.TextChoices):
    """How soon support wants to have answered first; counted in its working hours."""

    FOUR_HOURS = "4 Business Hours", _("within 4 business hours")
    EIGHT_HOURS = "8 Business Hours", _("within 8 business hours")
    NEXT_DAY = "Next Business Day", _("by the next business day")


RESPONSE_TIMES: Final = {
    Severity.ONE: ResponseTime.FOUR_HOURS,
    Severity.TWO: ResponseTime.EIGHT_HOURS,
    Severity.THREE: ResponseTime.NEXT_DAY,
}
MEANINGS: Final[dict[Severity, Promise]] = {
    Severity.ONE: _("Work has stopped, or data is at risk."),
    Severity.TWO: _("Work goes on, but something important does not."),
    Severity.THREE: _("A question, a wish or a small fault."),
}
