"""Estimate again and compare: one module a question, a result of its own for each."""
