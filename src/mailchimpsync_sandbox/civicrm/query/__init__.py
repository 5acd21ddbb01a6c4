"""Reading and writing rows: from the parameters of APIv4 to SQL and back."""
