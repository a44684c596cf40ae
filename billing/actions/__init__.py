"""Verbs over several rows; one file a subject."""
