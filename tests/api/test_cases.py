"""The support cases as the vendor's API lists them: the rows of the portal's Help."""

import pytest
from django.utils import timezone

from accounts.actions.cases import close_case
from accounts.case_choices import CaseStatus, Product
from tests.cast import case as submitted

LIST = "/v2/providers/{provider}/cases"
OF_ONE = "/v2/organizations/cases"


@pytest.fixture
def case(northwind):
    """Of Acme, submitted by Northwind's owner."""
    return submitted(northwind.owner, "Sign-in fails", organization=northwind.clients[0].organization)


class TestTheList:
    def test_tells_a_case_in_texts_alone(self, api, northwind, case):
        assert api.get(LIST).json() == {
            "results": [
                {
                    "caseNumber": case.number,
                    "caseSubmissionProductType": case.product,
                    "date": case.submitted_at.isoformat(),
                    "description": case.description,
                    "label": f"{case.number} Sign-in fails",
                    "organization": "Acme Dental",
                    "os": case.operating_system,
                    "reporter": northwind.owner.name,
                    "reporterEmail": northwind.owner.email,
                    "status": "New",
                    "subject": "Sign-in fails",
                }
            ],
            "totalCount": 1,
        }

    def test_is_filtered_by_status_in_any_case(self, api, northwind, case):
        closed = submitted(northwind.owner, "Old")
        close_case(case=closed, by=northwind.owner, at=timezone.now())
        found = api.get(f"{LIST}?filter=status:eq:closed").json()["results"]
        assert [row["caseNumber"] for row in found] == [closed.number]

    def test_has_nothing_of_a_foreign_msp(self, api, cast, case):
        submitted(cast.bluefin.owner, "Theirs")
        assert [row["subject"] for row in api.get(LIST).json()["results"]] == ["Sign-in fails"]


class TestTheListOfOneOrganization:
    def test_has_its_cases_only(self, api, northwind, case):
        submitted(northwind.owner, "Of nobody in particular")
        acme, birch = northwind.clients
        assert [row["subject"] for row in api.at(acme).get(OF_ONE).json()["results"]] == ["Sign-in fails"]
        assert api.at(birch).get(OF_ONE).json() == {"results": [], "totalCount": 0}

    def test_needs_an_organization_in_the_header(self, api, case):
        answer = api.get(OF_ONE)
        assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized: no organization selected")


class TestTheMetadata:
    def test_lists_the_words_that_cases_are_made_of(self, api):
        words = api.get("/v2/cases/metadata").json()["results"]
        assert words["statuses"] == CaseStatus.values
        assert words["products"] == words["caseSubmissionProductTypes"] == Product.values
        assert all(isinstance(word, str) for listed in words.values() for word in listed)
