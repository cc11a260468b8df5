"""What stops a workbench command before it can do its work."""


class SetupError(Exception):
    """Something on this machine is missing or in the way; the message is one line for a person."""
