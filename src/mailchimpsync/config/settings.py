"""The settings of the process, such as the database and the key file."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from mailchimpsync.config.homes import CONFIG_FILE, find_home
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.errors.validation import describe_problem
from mailchimpsync.http_urls import is_http_url
from mailchimpsync.messages import say

_SQLITE = "sqlite:///"
DEFAULT_DATABASE = f"{_SQLITE}mailchimpsync.sqlite"  # in the home
_PREFIX = "mailchimpsync_"
_LISTS = ("proxy_addresses",)


def _of_a_server(url: str) -> str:
    if not is_http_url(url):
        raise PydanticCustomError("string_pattern_mismatch", "not a server's address")
    return url


PublicUrl = Annotated[
    str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"), AfterValidator(_of_a_server)
]

OPERATOR_PREFIX = "fleet:"
"""The start of the names under which a fleet's operators act at a site. No user of a site can have such a name."""

SITE_NAME = r"[a-z][a-z0-9-]{0,39}"
SiteName = Annotated[str, StringConstraints(pattern=f"^{SITE_NAME}$")]


class Settings(BaseModel):
    """Settings from the environment (`MAILCHIMPSYNC_…`), else from `mailchimpsync.toml` in the home, else defaults.

    Attributes:
        home: the directory of the site, or of a fleet.
        fleet: whether it is a fleet, which serves many sites from one PostgreSQL database.
        site: which site of the fleet is meant.
        database: a URL; the default is a SQLite file in the home. It may contain a password, so it is never shown.
        key_file: the file with the key for the secrets, relative to the home.
        secret_key: the key itself instead of the file, for containers.
        public_url: the public address of `serve`, such as `https://sync.example.org`; webhooks need it.
        listen: the address and port on which `serve` listens.
        trusted_proxies: the number of your proxies in front of `serve` whose information about callers is trusted.
        proxy_addresses: the addresses of those proxies; only they are trusted to set `sign_in_header`.
        sign_in_header: the header in which a single sign-on proxy names the user, such as `X-Remote-User`.
        sign_in_role: the role of users who sign in this way for the first time; without it they are denied access.
        journal_days: how long the journal is kept; 0: for ever.
        journal_personal_days: how long the journal names people; 0: as long as it is kept.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    home: Path
    fleet: bool = False
    site: SiteName | None = None
    database: SecretStr = SecretStr(DEFAULT_DATABASE)
    key_file: Path = Path("secret.key")
    secret_key: SecretStr | None = None
    public_url: PublicUrl | None = None
    listen: Annotated[str, StringConstraints(pattern=r"^\S+:\d{1,5}$")] = "127.0.0.1:8321"
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    proxy_addresses: Annotated[list[str], Field(max_length=20)] = ["127.0.0.1", "::1"]
    sign_in_header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,99}$")] | None = None
    sign_in_role: Literal["viewer", "operator", "administrator"] | None = None
    journal_days: Annotated[int, Field(ge=0, le=36_500)] = 1_095
    journal_personal_days: Annotated[int, Field(ge=0, le=36_500)] = 180

    @property
    def database_url(self) -> str:
        """The database's URL; a relative SQLite file is in the home, not in the current directory."""
        url = self.database.get_secret_value()
        name = url.removeprefix(_SQLITE)
        if not url.startswith(_SQLITE) or not name or name.startswith((":", "/")):
            return url
        return f"{_SQLITE}{self.home / name}"

    @property
    def key_path(self) -> Path:
        """The key file, absolute."""
        return self.home / self.key_file

    @property
    def public_path(self) -> str:
        """The path below which `serve` is reached, without a slash at its end; mostly there is none."""
        if self.public_url is None and self.site is not None:
            return site_path(self.site)
        return urlsplit(self.public_url or "").path.rstrip("/")

    @property
    def place(self) -> str:
        """What this site is known by in this process; no two sites have the same."""
        return f"{self.home}:{self.site}" if self.site else str(self.home)

    @property
    def is_initialised(self) -> bool:
        """Return whether this home has been created, or the environment names the database."""
        return (self.home / CONFIG_FILE).is_file() or "database" in self.model_fields_set


def site_path(name: str) -> str:
    """Return the path below which a site of a fleet is reached, unless it has a host name of its own."""
    return f"/s/{name}"


def load_settings(home: Path | None = None) -> Settings:
    """Return the settings of a home, see `find_home`.

    Raises:
        ConfigurationError: the file isn't TOML, or has an invalid setting.
    """
    place = find_home(home)
    try:
        return Settings.model_validate({**_from_file(place / CONFIG_FILE), **_from_environment(), "home": place})
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            say("%(file)s isn't valid TOML: %(error)s.", file=place / CONFIG_FILE, error=str(error))
        ) from None
    except ValidationError as error:
        names = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {describe_problem(one)}" for one in error.errors(include_input=False)
        )
        raise ConfigurationError(
            say("The settings of %(place)s can't be used: %(names)s.", place=place, names=names)
        ) from None


def _from_file(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _from_environment() -> dict[str, Any]:
    """Return the settings in the environment. Upper and lower case are equal, and empty variables are ignored."""
    given = {name.lower(): value for name, value in os.environ.items() if value}
    found = {field: given[name] for field in Settings.model_fields if (name := f"{_PREFIX}{field}") in given}
    return {name: _list(value) if name in _LISTS else value for name, value in found.items()}


def _list(text: str) -> Any:
    """Parse a list written as JSON; return other text as it is, so that the validation of the settings refuses it."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def protect_database(settings: Settings) -> None:
    """Make a SQLite database readable only by its owner, and create the file if needed.

    Raises:
        ConfigurationError: the file can't be created, or belongs to another user and is accessible to others.
    """
    name = settings.database_url.removeprefix(_SQLITE).partition("?")[0]
    if not settings.database_url.startswith(_SQLITE) or not name or name.startswith(":"):
        return
    file = Path(name)
    try:
        file.touch(mode=0o600)
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            file.chmod(0o600)
    except OSError as error:
        what = say("The database %(file)s can't be created or made private (%(why)s).", file=file, why=error.strerror)
        raise ConfigurationError(what) from None


def write_settings(home: Path, database: str | None = None, *, fleet: bool = False) -> None:
    """Create the home, readable only by its owner, and write its settings file unless it exists."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home / CONFIG_FILE
    if file.exists():
        return
    import tomlkit  # noqa: PLC0415 (needed only when a site is created)

    document = tomlkit.document()
    what = "fleet" if fleet else "site"
    document.add(tomlkit.comment(f"Settings of this mailchimpsync {what}. Connections and keys are in the database;"))
    document.add(tomlkit.comment("see `mailchimpsync config export` and `mailchimpsync config import`."))
    if fleet:
        document.add("fleet", tomlkit.item(True))
    if database:
        document.add("database", tomlkit.item(database))
    else:
        document.add(tomlkit.comment(f'database = "{DEFAULT_DATABASE}"'))
    file.touch(mode=0o600)
    file.write_text(tomlkit.dumps(document), encoding="utf-8")
