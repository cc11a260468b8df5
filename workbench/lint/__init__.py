"""`batch-notifier lint`: find in templates and Terraform plans what AWS Batch refuses."""
