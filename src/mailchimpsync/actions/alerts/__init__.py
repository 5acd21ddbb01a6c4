"""Nothing fails silently: problems are noted, people are told, reminded, and told when it is over."""
