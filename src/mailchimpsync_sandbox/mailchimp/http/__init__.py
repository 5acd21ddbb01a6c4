"""HTTP: from a request to a handler and back, with fields, problems and routes."""
