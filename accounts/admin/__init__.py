"""The operators' door to providers, people, cases, records and messages. One file a subject."""

from accounts.admin import cases, keys, messages, people, providers, records

__all__ = ["cases", "keys", "messages", "people", "providers", "records"]
