"""Process settings, the configuration document, and its secrets."""

from mailchimpsync.config.alerts import Alerts, AlertWebhook, Email, Slack
from mailchimpsync.config.changes import changes
from mailchimpsync.config.data import Data, FieldRule
from mailchimpsync.config.document import Configuration, unusable
from mailchimpsync.config.extension_form import from_extension_form, is_extension_form
from mailchimpsync.config.homes import CONFIG_FILE, find_home
from mailchimpsync.config.parts import Account, Campaigns, CivicrmSite, Departures, Guard, Link, Schedule, time_zone
from mailchimpsync.config.secrets import (
    Keyring,
    create_key_file,
    mask,
    new_key,
    read_keyring,
    read_keys,
    write_key_file,
)
from mailchimpsync.config.settings import Settings, load_settings, protect_database, write_settings
from mailchimpsync.config.stored import Seal, from_stored, reencrypted, to_stored
from mailchimpsync.config.texts import from_json_text, from_text, to_json, to_toml

__all__ = [
    "CONFIG_FILE",
    "Account",
    "AlertWebhook",
    "Alerts",
    "Campaigns",
    "CivicrmSite",
    "Configuration",
    "Data",
    "Departures",
    "Email",
    "FieldRule",
    "Guard",
    "Keyring",
    "Link",
    "Schedule",
    "Seal",
    "Settings",
    "Slack",
    "changes",
    "create_key_file",
    "find_home",
    "from_extension_form",
    "from_json_text",
    "from_stored",
    "from_text",
    "is_extension_form",
    "load_settings",
    "mask",
    "new_key",
    "protect_database",
    "read_keyring",
    "read_keys",
    "reencrypted",
    "time_zone",
    "to_json",
    "to_stored",
    "to_toml",
    "unusable",
    "write_key_file",
    "write_settings",
]
