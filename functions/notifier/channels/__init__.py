"""One module a channel: Alert in, text out."""
