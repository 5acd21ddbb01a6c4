"""HTTP: the API, the webhooks, health and metrics. Django is imported here and nowhere else."""
