"""All settings; everything that differs between installations comes from the environment."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured

from config import api, environment, logging, security
from config.back_office import UNFOLD as UNFOLD

# Lets classes such as ModelAdmin be written with their model: ModelAdmin[Product].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

VERSION = "1.0.0"
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
JWT_SECRET_KEY = env.str("JWT_SECRET_KEY", default="") or SECRET_KEY
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
if DEMO and set(ALLOWED_HOSTS) - {"127.0.0.1", "localhost", "[::1]", "testserver"}:
    raise ImproperlyConfigured(
        "DEMO=true publishes known passwords: it is refused with hosts other than loopback. "
        "Unset DEMO or set ALLOWED_HOSTS=127.0.0.1,localhost."
    )
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-match", "last-event-id"]
CORS_EXPOSE_HEADERS = ["Content-Disposition", "ETag", "Idempotent-Replayed", "Retry-After"]
CORS_EXPOSE_HEADERS += ["X-Request-ID"]

INSTALLED_APPS = [
    "operations",
    "alerts",
    "purchasing",
    "sales",
    "inventory",
    "suppliers",
    "warehouses",
    "users",
    "notifications",
    "common",
    "pgtrigger",
    "django_guid",
    "csp",
    "rest_framework",
    "django_filters",
    "corsheaders",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "unfold.apps.BasicAppConfig",
    "config.admin_app.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    "common.access_log.AccessLogMiddleware",
    "common.middleware.RequestSafetyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "common.middleware.ContentPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "common.middleware.LocalTimeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.audit_context.AuditMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
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
            ]
        },
    }
]

if "DATABASE_URL" not in env:
    env.ENVIRON["DATABASE_URL"] = "postgres://{}:{}@{}:{}/{}".format(
        env.str("POSTGRES_USER", default="postgres"),
        env.str("POSTGRES_PASSWORD", default="postgres"),
        env.str("POSTGRES_HOST", default="localhost"),
        env.str("POSTGRES_PORT", default="5432"),
        env.str("POSTGRES_DB", default="inventory_db"),
    )
# The role that the running product connects as; migrations grant it what it needs, no more.
DATABASE_APP_ROLE = urlsplit(env.str("DATABASE_APP_URL", default="") or env.str("DATABASE_URL"))
DATABASE_APP_ROLE = DATABASE_APP_ROLE.username or ""
DATABASE_POOL = environment.whole_number("DATABASE_POOL", default=0, most=200)
DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL"),
        "ENGINE": "common.postgresql",
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0 if DATABASE_POOL else 300,
        "OPTIONS": {
            "options": "-c lock_timeout=3s -c statement_timeout=15s"
            " -c idle_in_transaction_session_timeout=60s"
            # Pages of a busy company are in memory or on an SSD, and its statements are short.
            " -c random_page_cost=1.1 -c jit=off -c enable_memoize=off"
            # Where it is unknown, each trigger that asks for it catches an error.
            " -c pgtrigger.ignore={}"
            # How much of a mistyped word must be right: one wrong letter in six still finds.
            " -c pg_trgm.word_similarity_threshold=0.4",
            "server_side_binding": False,
            "prepare_threshold": 2,  # of the ledger's cursors, which bind on the server
            **({"pool": {"min_size": 1, "max_size": DATABASE_POOL}} if DATABASE_POOL else {}),
        },
    }
}
# The audit's triggers belong to the models, not to their history: see common.database_triggers.
PGTRIGGER_MIGRATIONS = False
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")
CACHES = {
    "default": {
        "BACKEND": "common.cache.CountingCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_RESULT_BACKEND = env.str("CELERY_RESULT_BACKEND", default="") or None
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_TASK_ALWAYS_EAGER", default=False)

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["users.backends.GuardedBackend"]
SIGN_IN_ATTEMPTS_PER_ACCOUNT = security.SIGN_IN_ATTEMPTS_PER_ACCOUNT
SIGN_IN_ATTEMPTS_PER_ADDRESS = security.SIGN_IN_ATTEMPTS_PER_ADDRESS
PASSWORD_HASHERS = [
    "users.hashers.BoundedArgon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS += [{"NAME": "users.password_rules.PlaceNamesValidator"}]
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=1),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "SIGNING_KEY": JWT_SECRET_KEY,
    "UPDATE_LAST_LOGIN": False,
}
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/"

REST_FRAMEWORK = api.REST_FRAMEWORK
SPECTACULAR_SETTINGS = {**api.SPECTACULAR_SETTINGS, "VERSION": VERSION}
USER_REQUESTS_PER_MINUTE = api.USER_REQUESTS_PER_MINUTE
ANONYMOUS_REQUESTS_PER_MINUTE = api.ANONYMOUS_REQUESTS_PER_MINUTE
REGISTRATIONS_PER_MINUTE = api.REGISTRATIONS_PER_MINUTE

EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="InventoryPulse <stock@localhost>")
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000")
# Hosts, each with or without a port, that requests to entered addresses may reach in any network.
WEBHOOK_ALLOWED_HOSTS = env.list("WEBHOOK_ALLOWED_HOSTS", default=[])
# Where clients find the event process: behind the same address, or on a port of its own.
EVENTS_URL = env.str("EVENTS_URL", default="") or f"{PUBLIC_URL.rstrip('/')}/api/events/"
EVENTS_CONNECTIONS = environment.whole_number("EVENTS_CONNECTIONS", default=5000, most=60_000)
if not EVENTS_URL.startswith(f"{PUBLIC_URL.rstrip('/')}/"):
    CORS_ALLOWED_ORIGINS.append("{0.scheme}://{0.netloc}".format(urlsplit(PUBLIC_URL)))

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / "media")))
# Suppliers' price lists are taken from folders below it; empty: from no folder.
PRICE_LIST_DIR = env.str("PRICE_LIST_DIR", default="")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

SECURE_SSL = env.bool("SECURE_SSL", default=not (DEBUG or DEMO))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL
# A name by which browsers take them from this host alone, and over TLS alone.
COOKIE_PREFIX = "__Host-" if SECURE_SSL else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
SECURE_SSL_REDIRECT = SECURE_SSL
SECURE_REDIRECT_EXEMPT = [r"^metrics$"]  # asked inside, past the TLS proxy
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SSL
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = security.content_policy(EVENTS_URL)
CONTENT_SECURITY_ADMIN = security.CONTENT_SECURITY_ADMIN
PERMISSIONS_POLICY = security.PERMISSIONS_POLICY

DJANGO_GUID = logging.DJANGO_GUID
LOGGING = logging.logging_settings(env.str("LOG_LEVEL", default="INFO"), readable=DEBUG)
# Who may read /metrics; without a token, callers on this machine.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
SNOWFLAKE_ACCOUNT = env.str("SNOWFLAKE_ACCOUNT", default="")
OPENAI_API_KEY = env.str("OPENAI_API_KEY", default="")
MINIMAX_API_KEY = env.str("MINIMAX_API_KEY", default="")
