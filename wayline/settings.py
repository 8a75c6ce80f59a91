"""Every setting, from the environment only. docs/operating/settings.md lists the same variables."""

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pysqlite3

# Debian's SQLite can corrupt a WAL (fixed in 3.51.3); Django runs on the newer library by this swap.
sys.modules["sqlite3"] = pysqlite3


def env(name: str, default: str = "") -> str:
    return os.environ.get(f"WAYLINE_{name}", default)


def env_bool(name: str, default: bool) -> bool:
    return env(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def env_int(name: str, default: int) -> int:
    return int(env(name, str(default)))


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env(name, default).split(",") if item.strip()]


BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env("DATA_DIR", str(BASE_DIR / "data"))).expanduser().resolve()


def env_or_file(name: str) -> str:
    """What the variable holds, or else the file that its _FILE twin names."""
    if env(name) or not env(f"{name}_FILE"):
        return env(name)
    return Path(env(f"{name}_FILE")).read_text().strip()


def env_secret(name: str) -> str:
    """The secret from the variable, from the file its _FILE twin names, or kept in the data directory."""
    if given := env_or_file(name):
        return given
    kept = DATA_DIR / name.lower()
    if not kept.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        _keep_new(kept, secrets.token_urlsafe(50))
    return kept.read_text().strip()


def _keep_new(path: Path, content: str) -> None:
    """Write a file that a power cut leaves whole or not at all; of two who do so at once, one wins."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        os.replace(fresh, path)
    fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


SECRET_KEY = env_secret("SECRET_KEY")
ERASURE_KEY = env_secret("ERASURE_KEY")  # makes erased people recognisable without naming them
DEBUG = env_bool("DEBUG", False)
BASE_URL = env("BASE_URL", "http://127.0.0.1:8400")
ALLOWED_HOSTS = [*env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]"), urlsplit(BASE_URL).hostname or ""]
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []
SECURE_COOKIES = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_cotton.apps.SimpleAppConfig",  # both would rewrite the loaders below, one undoing the other
    "template_partials.apps.SimpleAppConfig",
    "wayline.kit",  # before allauth, whose templates it replaces
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "wayline.audit",
    "wayline.accounts",
    "wayline.customers",
    "wayline.signals",
    "wayline.metrics",
    "wayline.journeys",
    "wayline.integrations",
    "wayline.insights",
    "wayline.improvements",
    "wayline.exports",
    "wayline.home",
]

MIDDLEWARE = [
    "wayline.kit.request_ids.request_ids",  # first: every log line below has its number
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "wayline.kit.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "wayline.kit.middleware.refusals",
]

ROOT_URLCONF = "wayline.urls"
ASGI_APPLICATION = "wayline.asgi.application"

TEMPLATE_LOADERS = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [("django.template.loaders.cached.Loader", TEMPLATE_LOADERS)],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wayline.accounts.context.shell",
                "wayline.navigation.navigation",
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "wayline.kit.templatetags.kit",
            ],
        },
    }
]


def database(url: str) -> dict:
    """A DATABASES entry from sqlite:///path or postgresql://user:password@host:port/name."""
    from urllib.parse import parse_qsl, unquote, urlsplit

    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        # FULL, because with NORMAL a commit in WAL mode is answered before it is on disk.
        pragmas = (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
            "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; "
            "PRAGMA secure_delete=ON; "  # what is erased leaves no bytes behind
            "PRAGMA wal_autocheckpoint=0;"  # kit/sqlite/moving.py does it, which hears of a disk that fails
        )
        return {
            "ENGINE": "wayline.kit.sqlite",
            "NAME": parts.path[1:] if parts.path.startswith("//") else parts.path,
            # IMMEDIATE: one that read before it writes fails without waiting when another wrote between.
            "OPTIONS": {"init_command": pragmas, "transaction_mode": "IMMEDIATE", "timeout": 20},
        }
    if parts.scheme in {"postgresql", "postgres"}:
        return {
            "ENGINE": "wayline.kit.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "OPTIONS": dict(parse_qsl(parts.query)),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise SystemExit(f"WAYLINE_DATABASE_URL must begin with sqlite:// or postgresql://, not {url!r}.")


DATABASE_URL = env("DATABASE_URL", f"sqlite:///{DATA_DIR}/wayline.sqlite3")
WAREHOUSE_URL = env("WAREHOUSE_URL", f"duckdb:///{DATA_DIR}/signals.duckdb")
WAREHOUSE_MEMORY = env("WAREHOUSE_MEMORY", "2GB")
WAREHOUSE_THREADS = env_int("WAREHOUSE_THREADS", 0)  # 0 means every core
OWN_TABLES = env("OWN_TABLES")  # a mapping file for tables of the company's own
OWN_TABLES_URL = env_or_file("OWN_TABLES_URL")  # the PostgreSQL server where some of them lie
DATABASES = {"default": database(DATABASE_URL)}
# The journal of signals lies in a file of its own, so that an acknowledgement never waits for a page's write.
if DATABASE_URL.startswith("sqlite"):
    DATABASES["journal"] = database(f"sqlite:///{DATA_DIR}/journal.sqlite3")
JOURNAL_DATABASE = "journal" if "journal" in DATABASES else "default"
INTAKE_PROCESSES = env_int("INTAKE_PROCESSES", 1)  # 0: the process with the pages listens itself
JOURNAL_DAYS = env_int("JOURNAL_DAYS", 0)  # 0 keeps everything, so that the warehouse can be built anew
DATABASE_ROUTERS = ["wayline.signals.routers.JournalRouter"]
BACKGROUND = env_bool("BACKGROUND", True)  # whether the server also loads signals and works off tasks
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Nobody signs up alone: the link of an invitation proves the address.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_ADAPTER = "wayline.accounts.adapter.AccountAdapter"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE_COOKIES else "http"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 31_536_000 if SECURE_COOKIES else 0)
BEHIND_PROXY = env_bool("BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = SECURE_COOKIES
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^livez$"]  # asked inside the machine, where no TLS is
# Whether every subdomain speaks TLS is known to the domain's owner, not to this product.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if env("EMAIL_HOST")
    else ("django.core.mail.backends.console.EmailBackend")
)
EMAIL_HOST, EMAIL_PORT = env("EMAIL_HOST"), env_int("EMAIL_PORT", 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env("EMAIL_USER"), env("EMAIL_PASSWORD")
EMAIL_USE_TLS = env_bool("EMAIL_TLS", True)
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", "wayline@localhost")

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_DIR", str(DATA_DIR / "static")))
# Before `collectstatic` has run, files are served from the areas' own folders.
WHITENOISE_USE_FINDERS = DEBUG or not (STATIC_ROOT / "staticfiles.json").exists()
STORAGES = {
    "default": {"BACKEND": "wayline.kit.durable.Storage"},
    "staticfiles": {"BACKEND": "wayline.kit.storage.Static"},
}
MEDIA_ROOT = DATA_DIR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
WEBHOOK_NETWORKS = env_list("WEBHOOK_NETWORKS")  # private networks that webhooks may reach
UPLOAD_LIMIT_BYTES = env_int("UPLOAD_LIMIT_MB", 1024) * 1_000_000
IMPORT_DRAFT_DAYS = env_int("IMPORT_DRAFT_DAYS", 7)  # 0 keeps drafts for ever
IMPORT_FILE_DAYS = env_int("IMPORT_FILE_DAYS", 30)  # 0 keeps the files of imports for ever

LOG_LEVEL = env("LOG_LEVEL", "INFO")
LOG_FORMAT = env("LOG_FORMAT", "text")
LOGGING_CONFIG = "wayline.kit.logs.configure"
LOGGING = {"version": 1}  # Django calls LOGGING_CONFIG only when there is something in it
