"""What the stand-in reads from its environment."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """`public_url` is where people's browsers reach it; `bank_delay` the seconds that a bank takes to answer."""

    port: int
    public_url: str
    secret_key: str
    control_key: str
    webhook_url: str
    webhook_secret: str
    state: Path
    bank_delay: float


def from_environment() -> Settings:
    """The settings; a missing one ends the start with its name."""
    port = int(os.environ["STAND_IN_PORT"])
    return Settings(
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        secret_key=os.environ["STAND_IN_SECRET_KEY"],
        control_key=os.environ["STAND_IN_CONTROL_KEY"],
        webhook_url=os.environ.get("STAND_IN_WEBHOOK_URL", ""),
        webhook_secret=os.environ["STAND_IN_WEBHOOK_SECRET"],
        state=Path(os.environ["STAND_IN_STATE"]),
        bank_delay=float(os.environ.get("STAND_IN_BANK_DELAY", "20")),
    )
