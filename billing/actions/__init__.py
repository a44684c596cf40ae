"""Verbs over several rows; one file a subject. Their events in the log name rows, not amounts: the log has readers who may see no invoice."""
