"""What both stand-ins share: a clock that can be set, planted faults, a request log, and a threaded HTTP server."""
