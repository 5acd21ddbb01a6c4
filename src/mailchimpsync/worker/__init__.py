"""The background work of the service. It decides when something happens, not what."""
