"""Template tags and filters, where Django expects them."""
