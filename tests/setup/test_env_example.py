"""`.env.example` is how an operator learns what to set."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READERS = re.compile(r"""env\.(?:text|flag|choice|database|peppers|fernet_keys)\(\s*["']([A-Z_]+)["']""")
MENTIONS = re.compile(r"^(?:# )?([A-Z_]+)=", re.MULTILINE)


def read_by_the_code():
    sources = [path for app in ("msp_portal", "accounts", "usage", "billing") for path in (ROOT / app).rglob("*.py")]
    return {name for source in sources for name in READERS.findall(source.read_text())}


def test_every_setting_that_the_code_reads_is_described():
    described = set(MENTIONS.findall((ROOT / ".env.example").read_text()))
    assert {"SECRET_KEY", "KEY_PEPPERS"} <= read_by_the_code()
    assert read_by_the_code() - described == set()


def test_every_variable_of_the_compose_file_is_described():
    described = set(MENTIONS.findall((ROOT / ".env.example").read_text()))
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert used - described - {"LOG_LEVEL"} == set()
