"""Packages that offer names of their modules, and load a module when one of its names is first asked for.

A command loads what it uses, instead of everything that its package offers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

Where = Mapping[str, str]
"""Names, one space between them, by the module (below the package) that has them."""


def lazily(package: str, where: Where) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package. A name that is also a module's own (`explain`) is the module's, not it.

    Python sets a module as an attribute of its package once it is loaded, which would hide a function of that name.
    """
    modules = {name: f"{package}.{module}" for module, names in where.items() for name in names.split()}

    class Offering(ModuleType):
        def __setattr__(self, name: str, value: Any) -> None:
            is_own_module = isinstance(value, ModuleType) and modules.get(name) == value.__name__
            super().__setattr__(name, getattr(value, name) if is_own_module else value)

    def offered(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    sys.modules[package].__class__ = Offering
    return offered
