"""Pure rules: no boto3, no Powertools, no environment, no clock."""
