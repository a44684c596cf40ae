"""Schemathesis makes requests of the OpenAPI document, sound ones and broken ones, and holds every answer against it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import transaction

from accounts.models import ApiKey
from tests.api.client import client_of
from tests.walks.stage import Stage

PROGRAM = Path(sys.executable).with_name("schemathesis")
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "use_after_free",
    "ensure_resource_availability",
]
FEW = ["--phases", "examples,fuzzing,stateful", "--max-examples", "4"]
MANY = ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "150"]
REQUESTS_OF_A_FULL_RUN = 10_000


@pytest.fixture
def run_schemathesis(live_portal, committed, tmp_path):
    """Let it loose with a key that may do all that a key may; what it printed, and whether it found nothing."""
    with transaction.atomic():
        stage = Stage()
    key = client_of(stage.northwind).key
    ApiKey.objects.update(requests_per_minute=1_000_000)
    config = tmp_path / "schemathesis.toml"
    config.write_text(f'[parameters]\nprovider_id = "{stage.northwind.pk}"\n"x-org-id" = "{stage.acme.pk}"\n')

    def run(options):
        address = f"{live_portal.url}/api/openapi.json"
        command = [
            PROGRAM,
            "--config-file",
            config,
            "run",
            address,
            "--header",
            f"x-api-key: {key}",
            "--checks",
            ",".join(CHECKS),
        ]
        always = ["--continue-on-failure", "--warnings", "off", "--seed", "1", "--generation-database", "none"]
        done = subprocess.run([*command, *always, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr, done.returncode == 0

    return run


def requests_in(said):
    return int(re.search(r"([\d,]+) generated", said)[1].replace(",", ""))


def test_no_request_is_answered_otherwise_than_described(run_schemathesis, full):
    said, found_nothing = run_schemathesis(MANY if full else FEW)
    print(said[-1500:])
    assert found_nothing, said[-8000:]
    assert requests_in(said) >= (REQUESTS_OF_A_FULL_RUN if full else 100)
