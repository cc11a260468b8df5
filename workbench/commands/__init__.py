"""`batch-notifier`: one module a subcommand."""
