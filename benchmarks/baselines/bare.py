"""The floor: a function that does nothing, so that what is left is the runtime."""


def handler(event: object, _: object) -> None:
    """Do nothing."""
