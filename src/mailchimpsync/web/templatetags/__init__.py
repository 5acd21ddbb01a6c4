"""Django looks here for the tags and filters of our templates."""
