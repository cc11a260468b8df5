"""Thin adapters for AWS services, one module a service.

In: calls of the workflows. Out: values of the notifier's own types, or `ServiceError`.
Imports `ports` and what is below; the workflows never import it.
"""
