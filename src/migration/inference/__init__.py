"""Numerical kernels on arrays, shared by estimators and checks."""
