"""All settings, read top to bottom. What differs between machines comes from the environment (`env.py`, `.env.example`)."""

from datetime import timedelta
from pathlib import Path

import django_stubs_ext
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from xstatic.pkg import bootstrap

from msp_portal import env
from msp_portal.logs import logging_config

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What this process is ---------------------------------------------------------------------------------------------

SITE = env.choice("PORTAL_SITE", {"portal", "operators"}, "portal")
LOGIN = env.choice("PORTAL_LOGIN", {"web", "system", "owner"}, "web" if SITE == "portal" else "system")
LOOPBACK = env.flag("PORTAL_LOOPBACK")  # the demo on 127.0.0.1, without TLS
PORTAL_URL = env.text("PORTAL_URL", "http://127.0.0.1:8000")
OPERATOR_URL = env.text("PORTAL_OPERATOR_URL", "http://127.0.0.1:8001")

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY")
KEY_PEPPERS = env.peppers("KEY_PEPPERS")
TOKEN_KEYS = env.fernet_keys("TOKEN_KEYS", required=LOGIN == "system")  # the public web process opens no token
WEBHOOK_KEYS = env.fernet_keys("WEBHOOK_KEYS", required=True)  # it makes the webhooks' secrets, though, and seals them
ALLOWED_HOSTS = env.text("ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")
ROOT_URLCONF = "msp_portal.urls" if SITE == "portal" else "msp_portal.operator_urls"
WSGI_APPLICATION = "msp_portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "msp_portal.lib",
    "accounts",
    "usage",
    "billing",
    "msp_portal.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_countries",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_structlog",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "msp_portal.api_paths.forgive_trailing_slash",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.shell",
            ],
        },
    }
]

# --- Database: one login a process (docs/architecture.md, Tenancy) ----------------------------------------------------

DATABASE_SETTING = {"web": "DATABASE_URL", "system": "DATABASE_SYSTEM_URL", "owner": "DATABASE_OWNER_URL"}[LOGIN]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **env.database(DATABASE_SETTING),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 3, "options": "-c lock_timeout=5s -c statement_timeout=0"},
    }
}

# --- Signing in -------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in" if SITE == "portal" else "admin:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
ACCOUNT_ADAPTER = "accounts.adapter.PortalAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # allauth's need the broker; accounts/throttle.py counts in Postgres
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
STEP_UP_AGE = timedelta(seconds=ACCOUNT_REAUTHENTICATION_TIMEOUT)
MFA_ADAPTER = "accounts.adapter.PortalMfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Provider Portal"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off; a used code is refused all the same
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=1).total_seconds())

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOOPBACK
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Cookies ignore ports, so the console on the same host has names of its own.
COOKIE_PREFIX = ("" if LOOPBACK else "__Host-") + SITE
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}-session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}-csrf"
CSRF_TRUSTED_ORIGINS = [PORTAL_URL, OPERATOR_URL]
CSRF_FAILURE_VIEW = "msp_portal.incidents.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Web --------------------------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = not LOOPBACK
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = None if LOOPBACK else ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if LOOPBACK else int(timedelta(days=365).total_seconds())
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not LOOPBACK
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
LARGEST_UPLOAD = 21 * 2**20  # bytes of a request; above any file that a form takes, with what stands around it
FILE_UPLOAD_HANDLERS = [
    "msp_portal.lib.csv_upload.PassingOverTheTooLarge",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
APPEND_SLASH = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", bootstrap.BASE_DIR)]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# --- Language and time: everything is kept in UTC and shown in the provider's zone ------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "msp_portal.formats"
USE_I18N = USE_TZ = USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "UTC"

# --- Mail: written to the outbox, sent by the worker; without an SMTP address into the console's mailbox --------------

DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "Provider Portal <portal@portal.example>")
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = "msp_portal.lib.mailbox.MailboxBackend"
if env.text("EMAIL_HOST", ""):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = env.text("EMAIL_HOST")
    EMAIL_PORT = int(env.text("EMAIL_PORT", "587"))
    EMAIL_HOST_USER = env.text("EMAIL_USER", "")
    EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD", "")
    EMAIL_USE_TLS = env.flag("EMAIL_TLS")

# --- Worker: Redis may vanish at any moment, the truth is in Postgres -------------------------------------------------

REDIS_URL = env.text("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 1500
CELERY_TASK_SOFT_TIME_LIMIT = 1400
CELERY_TASK_PUBLISH_RETRY = False  # a page must not wait for the broker; the sweeper picks up what was not sent
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1800,
    "unacked_restore_interval": 10,
    "socket_timeout": 5,
    "socket_connect_timeout": 0.5,
}
CELERY_BEAT_SCHEDULE = {
    "outbox": {"task": "msp_portal.lib.tasks.sweep_outbox", "schedule": timedelta(minutes=1)},
    "outbox-sent": {"task": "msp_portal.lib.tasks.forget_sent", "schedule": crontab(minute="17", hour="3")},
    "sign-in-over": {"task": "accounts.tasks.forget_what_is_over", "schedule": crontab(minute="27", hour="3")},
    "audit-chain": {"task": "accounts.tasks.chain_audit_events", "schedule": timedelta(minutes=1)},
    "audit-head": {"task": "accounts.tasks.log_audit_head", "schedule": crontab(minute="7")},
    "key-expiry": {"task": "accounts.tasks.tell_of_expiring_keys", "schedule": crontab(minute="13")},
    "exports": {"task": "accounts.tasks.work_exports", "schedule": timedelta(minutes=1)},
    "exports-over": {"task": "accounts.tasks.forget_exports", "schedule": crontab(minute="57", hour="3")},
    "licence-totals": {"task": "usage.tasks.recompute_licence_totals", "schedule": crontab(minute="0")},
    "forecasts": {"task": "usage.tasks.work_out_rises", "schedule": crontab(minute="8")},
    "cap-changes": {"task": "usage.tasks.follow_cap_changes", "schedule": timedelta(minutes=1)},
    "alerts": {"task": "usage.tasks.watch_alerts", "schedule": timedelta(minutes=1)},
    "user-imports": {"task": "usage.tasks.work_imports", "schedule": timedelta(minutes=1)},
    "webhook-deliveries": {"task": "usage.tasks.deliver_webhooks", "schedule": timedelta(minutes=1)},
    "webhook-deliveries-over": {"task": "usage.tasks.forget_webhook_deliveries", "schedule": crontab(minute="57", hour="3")},
    "user-imports-over": {"task": "usage.tasks.forget_imports", "schedule": crontab(minute="47", hour="3")},
    "user-invitations": {"task": "usage.tasks.expire_user_invitations", "schedule": timedelta(minutes=1)},
    "users-over": {"task": "usage.tasks.forget_users", "schedule": crontab(minute="57", hour="3")},
    "contracts": {"task": "billing.tasks.follow_contracts", "schedule": crontab(minute="1")},
    "billing": {"task": "billing.tasks.run_billing", "schedule": crontab(minute="4")},
    "autopay": {"task": "billing.tasks.autopay", "schedule": crontab(minute="5")},
    "payments-due": {"task": "billing.tasks.tell_what_is_due", "schedule": crontab(minute="35")},
    "contract-documents": {"task": "billing.tasks.make_contract_documents", "schedule": timedelta(minutes=1)},
    "charges": {"task": "billing.tasks.collect_charges", "schedule": timedelta(minutes=1)},
    "charges-unknown": {"task": "billing.tasks.reconcile_charges", "schedule": timedelta(minutes=1)},
    "webhooks": {"task": "billing.tasks.work_webhooks", "schedule": timedelta(minutes=1)},
    "webhooks-over": {"task": "billing.tasks.forget_webhooks", "schedule": crontab(minute="37", hour="3")},
    "method-setups": {"task": "billing.tasks.work_method_setups", "schedule": timedelta(minutes=1)},
    "card-expiry": {"task": "billing.tasks.tell_of_expiring_cards", "schedule": crontab(minute="23", hour="7")},
    "invoice-documents": {"task": "billing.tasks.make_invoice_documents", "schedule": timedelta(minutes=1)},
}

# --- Logs: JSON lines with request id, provider and actor -------------------------------------------------------------

LOGGING = logging_config(env.text("LOG_LEVEL", "INFO"))
DJANGO_STRUCTLOG_CELERY_ENABLED = True

# --- Who sells: stands on contracts and invoices, and answers cases ---------------------------------------------------

VENDOR_NAME = env.text("VENDOR_NAME", "Provider Portal Inc.")
VENDOR_ADDRESS = env.text("VENDOR_ADDRESS", "100 Example Plaza, Boulder CO 80302, USA").split(", ")
VENDOR_COUNTRY = env.text("VENDOR_COUNTRY", "US")
VENDOR_TAX_NUMBER = env.text("VENDOR_TAX_NUMBER", "")
VENDOR_EMAIL = env.text("VENDOR_EMAIL", "billing@portal.example")
SUPPORT_EMAIL = env.text("SUPPORT_EMAIL", "support@portal.example")

# --- Webhooks of the providers: what an endpoint may be (msp_portal/lib/outside.py) -----------------------------------

WEBHOOK_NETWORKS = env.networks("WEBHOOK_NETWORKS")  # private ones that endpoints may be in; empty: public addresses only

# --- Payment provider: without a secret key, payment methods are not offered ------------------------------------------

PSP_SECRET_KEY = env.text("PSP_SECRET_KEY", "")
PSP_API_BASE = env.text("PSP_API_BASE", "")  # empty: the real service
PSP_WEBHOOK_SECRETS = [secret.strip() for secret in env.text("PSP_WEBHOOK_SECRETS", "").split(",") if secret.strip()]
PSP_HOSTED_ORIGIN = env.text("PSP_HOSTED_ORIGIN", "https://checkout.stripe.com")
PSP_TIMEOUT = float(env.text("PSP_TIMEOUT", "15"))
