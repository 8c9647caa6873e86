"""Measures and shocks: policy language on one side, drivers on the other."""
