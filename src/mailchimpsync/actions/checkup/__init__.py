"""The checks of `doctor`: a module for each side, a function for each subject."""
