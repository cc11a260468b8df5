"""`batch-notifier deploy`, `upgrade` and `uninstall`: the stack without a checkout or the SAM CLI.

The template is the one that `sam build` made, with the functions as archives. The stack is the same
as that of `sam deploy`.
"""
