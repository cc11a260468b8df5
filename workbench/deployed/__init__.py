"""A deployed notifier: its stack, dead letters, silences and failed jobs."""
