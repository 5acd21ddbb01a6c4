"""The pure rules: what one row needs, and why. No I/O, no clock (docs/decisions/pure-rules.md).

`__init__.pyi` lists what it offers; a module is loaded when one of its names is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
