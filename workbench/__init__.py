"""Tools for your own machine: commands, demo, inbox, generated documents."""
