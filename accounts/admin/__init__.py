"""The operators' door to providers, people, records and messages. One file a subject."""

from accounts.admin import messages, people, providers, records

__all__ = ["messages", "people", "providers", "records"]
