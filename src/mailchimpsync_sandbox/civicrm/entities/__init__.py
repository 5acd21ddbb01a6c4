"""The entities of the stand-in: how each is declared, what its rules add, how a site begins and is filled."""
