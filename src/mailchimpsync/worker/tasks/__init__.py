"""The service's work, one function a kind. They know of no queue, and whoever calls them may do so once too often."""
