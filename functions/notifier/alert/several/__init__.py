"""What an alert about several incidents shows of each."""
