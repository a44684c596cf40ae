"""HTML doors; one file a subject."""
