"""Models: each one a frozen set of parameters that turns drivers into paths."""
