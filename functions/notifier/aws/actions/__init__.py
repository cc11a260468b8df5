"""Signing the links of alerts; loaded only with ActionLinks=on."""
