"""How botocore reads its files."""
