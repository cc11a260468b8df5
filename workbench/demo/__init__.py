"""`make demo`: sample events become alerts on a local AWS, and a prompt to look at them."""
