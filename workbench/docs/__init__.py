"""Generates parts of the repository: README, pages, catalogue, samples, cost."""
