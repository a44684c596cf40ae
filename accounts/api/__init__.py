"""The JSON doors of this app."""
