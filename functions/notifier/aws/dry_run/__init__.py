"""Adapters that store nothing, for `sam local invoke`."""
