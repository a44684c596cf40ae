"""The environment that the portal's processes read (`.env.example` describes each name)."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

LOGINS = {
    "DATABASE_URL": "portal_web",
    "DATABASE_SYSTEM_URL": "portal_system",
    "DATABASE_OWNER_URL": "portal_owner",
}
Environment = dict[str, str]


@dataclass(frozen=True)
class Secrets:
    """What must be random, secret and the same at the next start."""

    superuser: str
    portal_owner: str
    portal_web: str
    portal_system: str
    broker: str
    secret_key: str
    pepper: str
    token_key: str
    webhook_key: str
    payment_key: str
    payment_webhook: str
    payment_control: str


def database_addresses(admin_url: str, database: str, secrets: Secrets) -> Environment:
    """One address a login, and the administrator's, for `database` on the server of `admin_url`."""
    addresses = {name: with_login(admin_url, login, getattr(secrets, login), database) for name, login in LOGINS.items()}
    return {**addresses, "DATABASE_ADMIN_URL": admin_url}


def with_login(url: str, user: str, password: str, database: str) -> str:
    """The same server as in `url`, another login and database."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, f"{user}:{quote(password, safe='')}@{host}", f"/{database}", parts.query, ""))


def portal_settings(secrets: Secrets, redis_url: str, portal_port: int, operator_port: int) -> Environment:
    """Everything else that a portal on the loopback address reads."""
    return {
        "DJANGO_SETTINGS_MODULE": "msp_portal.settings",
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.secret_key,
        "KEY_PEPPERS": f"1:{secrets.pepper}",
        "TOKEN_KEYS": _fernet_key(secrets.token_key),
        "WEBHOOK_KEYS": _fernet_key(secrets.webhook_key),
        "PORTAL_URL": f"http://127.0.0.1:{portal_port}",
        "PORTAL_OPERATOR_URL": f"http://127.0.0.1:{operator_port}",
        "PORTAL_LOOPBACK": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _fernet_key(digits: str) -> str:
    return urlsafe_b64encode(bytes.fromhex(digits)).decode()
