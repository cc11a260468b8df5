"""The floor: a function that does nothing, so that only the runtime is measured."""


def handler(event: object, _: object) -> None:
    """Do nothing."""
