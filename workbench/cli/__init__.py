"""What every command of `batch-notifier` shares: options, output, progress, errors.

A command imports boto3, rich or a web server only when it needs them: all are slow to import.
"""
