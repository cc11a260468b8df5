"""The local AWS: deployed into, fed with sample events and subscribed to."""
