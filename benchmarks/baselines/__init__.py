"""Common alternatives, to be measured beside ours."""
