"""What `doctor` looks at: each module one side, each function one subject."""
