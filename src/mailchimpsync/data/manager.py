"""Which plugins there are: the built-in and the installed ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

import pluggy

from mailchimpsync.data.builtin.fields import FieldMap
from mailchimpsync.data.builtin.groups import GroupTags
from mailchimpsync.data.builtin.names import Names
from mailchimpsync.data.builtin.tags import ContactTags
from mailchimpsync.data.plugin_api import ENTRY_POINTS, PROJECT, Hooks
from mailchimpsync.messages import say
from mailchimpsync.model import DataOptions

BUILT_IN: Mapping[str, object] = {
    "fields": FieldMap(),
    "names": Names(),
    "tags": ContactTags(),
    "groups": GroupTags(),
}
"""The built-in plugins, in order of precedence."""


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """A plugin that was found; `problem` says why it can't be used. `version` is that of its distribution."""

    name: str
    plugin: object | None
    distribution: str = ""
    version: str = ""
    problem: str = ""


def active_names(options: DataOptions) -> list[str]:
    """Return the names of the plugins that a configuration turns on, in order of precedence."""
    switched_on = {
        "fields": bool(options.fields) or options.language,
        "names": options.names,
        "tags": options.tags,
        "groups": bool(options.group_tags),
    }
    return [*(name for name, is_on in switched_on.items() if is_on), *options.plugins]


def find_plugins() -> list[FoundPlugin]:
    """Return the built-in plugins and those of the entry-point group; one that can't be loaded has a problem."""
    built_in = [FoundPlugin(name, plugin) for name, plugin in BUILT_IN.items()]
    installed = sorted(entry_points(group=ENTRY_POINTS), key=lambda one: one.name)
    return [*built_in, *(_loaded(one) for one in installed)]


def _loaded(found: EntryPoint) -> FoundPlugin:
    name, version = (found.dist.name, found.dist.version) if found.dist is not None else ("", "")
    if found.name in BUILT_IN:
        return FoundPlugin(found.name, None, name, version, say("a built-in plugin has this name"))
    try:
        plugin = found.load()
        plugin = plugin() if isinstance(plugin, type) else plugin
        manager_of({found.name: plugin})
    except Exception as error:  # noqa: BLE001 (someone else's code can raise anything when it is loaded)
        problem = say("it can't be loaded: %(error)s: %(why)s", error=type(error).__name__, why=str(error))
        return FoundPlugin(found.name, None, name, version, problem)
    return FoundPlugin(found.name, plugin, name, version)


def manager_of(plugins: Mapping[str, object]) -> pluggy.PluginManager:
    """Return a manager with these plugins.

    Raises:
        pluggy.PluginValidationError: one has a hook of another form.
        TypeError: one does not implement `compute`.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    for name, plugin in plugins.items():
        manager.register(plugin, name)
        if not any(one.name == "compute" for one in manager.get_hookcallers(plugin) or ()):
            raise TypeError(f"plugin {name} does not implement `compute`")
    return manager
