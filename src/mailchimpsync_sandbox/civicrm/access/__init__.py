"""Access: keys, users, permissions, sessions."""
