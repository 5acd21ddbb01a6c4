"""Schedule and queue: they decide when, never what."""
