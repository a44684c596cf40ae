"""What a refusal of the API says."""


def told(answer, status=400):
    """The message of a refusal of that status."""
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert body["code"] == status
    return body["message"]


def fields_of(answer):
    """The parts of the request that a 400 names."""
    return [part["field"] for detail in answer.json()["details"] for part in detail["fieldViolations"]]
