"""What people run today, written out, to be measured beside ours."""
