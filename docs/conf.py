"""Settings of the documentation: `sphinx-build -W docs docs/_build/html`."""

from mailchimpsync import __version__

project = "mailchimpsync"
author = "the mailchimpsync authors"
release = version = __version__

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"mailchimpsync {version}"
