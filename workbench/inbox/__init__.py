"""Alerts as their readers see them, on a web page that this machine alone can reach."""
