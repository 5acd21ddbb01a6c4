"""Process settings, the configuration document, and the secrets in it."""

from mailchimpsync.config.document import Account, CivicrmSite, Configuration, Link, Schedule
from mailchimpsync.config.homes import CONFIG_FILE, find_home
from mailchimpsync.config.secrets import Keyring, create_key_file, mask, read_keyring
from mailchimpsync.config.settings import Settings, load_settings, write_settings
from mailchimpsync.config.stored import from_stored, to_stored
from mailchimpsync.config.toml import from_toml, to_toml

__all__ = [
    "CONFIG_FILE",
    "Account",
    "CivicrmSite",
    "Configuration",
    "Keyring",
    "Link",
    "Schedule",
    "Settings",
    "create_key_file",
    "find_home",
    "from_stored",
    "from_toml",
    "load_settings",
    "mask",
    "read_keyring",
    "to_stored",
    "to_toml",
    "write_settings",
]
