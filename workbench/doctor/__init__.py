"""`batch-notifier doctor`: checks of a deployed stack, and their findings."""
