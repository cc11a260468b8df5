"""Thin adapters: what the pipeline needs of AWS, one module a service."""
