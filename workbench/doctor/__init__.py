"""`batch-notifier doctor`: what is checked on a deployed notifier."""
