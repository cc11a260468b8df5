"""`batch-notifier`: one module a subcommand.

A command imports boto3 or a web server only when it runs: both are slow to import.
"""
