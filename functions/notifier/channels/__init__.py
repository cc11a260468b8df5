"""An alert as text: mail, text message, chat card, webhook document.

In: an `Alert`. Out: one `Message` for Amazon SNS, each channel within its limits.
Imports `alert` and what is below.
"""
