"""`batch-notifier incidents`, and what `batch-notifier` alone shows: the state of the stack."""
