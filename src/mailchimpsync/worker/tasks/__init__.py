"""The service's work, one function a kind. They know of no queue, and a call too many does no harm."""
