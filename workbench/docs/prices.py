"""AWS prices in us-east-1, in US dollars, without free tiers."""

from __future__ import annotations

AS_OF = "2026-11-24"
SOURCES = {
    "https://aws.amazon.com/lambda/pricing/": "LAMBDA_REQUEST LAMBDA_GB_SECOND",
    "https://aws.amazon.com/sqs/pricing/": "SQS_REQUEST",
    "https://aws.amazon.com/sns/pricing/": "SNS_REQUEST EMAIL",
    "https://aws.amazon.com/dynamodb/pricing/on-demand/": "WRITE_UNIT READ_UNIT",
    "https://aws.amazon.com/cloudwatch/pricing/": (
        "ALARM_METRIC_MONTH METRIC_MONTH DASHBOARD_MONTH LOG_GB"
    ),
    "https://aws.amazon.com/eventbridge/pricing/": "CUSTOM_EVENT SCHEDULED_INVOCATION",
    "https://aws.amazon.com/kms/pricing/": "KEY_MONTH",
    "https://aws.amazon.com/secrets-manager/pricing/": "SECRET_MONTH",
}
# Events of AWS services, and their delivery to a queue, a topic or a function, are free.
# https://aws.amazon.com/eventbridge/pricing/
FREE = (
    "10 alarm metrics, 10 custom metrics, 3 dashboards of up to 50 metrics, 5 GB of logs, "
    "1 million requests each of Lambda, SQS and SNS, 1,000 mails, 400,000 GB-seconds of Lambda"
)
"""What an account gets each month without charge, as on the pages above."""
FREE_DASHBOARDS, FREE_DASHBOARD_METRICS = 3, 50

MILLION = 1_000_000
LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334  # arm64
SQS_REQUEST = 0.40 / MILLION
SNS_REQUEST = 0.50 / MILLION
EMAIL = 2.00 / 100_000
WRITE_UNIT = 0.625 / MILLION
READ_UNIT = 0.125 / MILLION
ALARM_METRIC_MONTH = 0.10  # each metric that an alarm reads: one with metric math reads several
METRIC_MONTH = 0.30
DASHBOARD_MONTH = 3.00
LOG_GB = 0.50
CUSTOM_EVENT = 1.00 / MILLION
SCHEDULED_INVOCATION = 1.00 / MILLION
KEY_MONTH = 1.00  # and as much again after each of the first two rotations, a year apart
SECRET_MONTH = 0.40
