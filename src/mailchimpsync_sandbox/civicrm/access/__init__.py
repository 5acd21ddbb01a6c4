"""Who may see and do what: keys, users, permissions, sessions."""
