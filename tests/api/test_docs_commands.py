"""The commands of docs/api.md run as they are printed."""

import json
import re
import subprocess
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "api.md"

pytestmark = pytest.mark.sample_data


@pytest.fixture
def clone(live_portal, sample_sign_ins, tmp_path):
    """A folder with what `bin/demo` leaves there for scripts."""
    told = {"url": live_portal.url, "providers": sample_sign_ins["providers"], "logins": sample_sign_ins["logins"]}
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "demo.json").write_text(json.dumps(told))
    return tmp_path


def test_the_commands_of_the_docs_do_what_they_say(clone):
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", DOCS.read_text(), re.DOTALL))
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert (clone / "invoice.pdf").read_bytes()[:5] == b"%PDF-"
    assert (clone / "contract.pdf").read_bytes()[:5] == b"%PDF-"
    assert (clone / "invoice.csv").read_text(encoding="utf-8-sig").count("\n") > 10
    assert '"state": "SUSPENDED"' in done.stdout
