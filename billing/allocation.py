"""Sharing out whole numbers, so that the parts always add up: a commitment over organizations, cents over lines."""

from collections.abc import Sequence


def spread(whole: int, weights: Sequence[int]) -> list[int]:
    """`whole` in parts proportional to `weights`, by largest remainder; a tie goes to the earlier one. The parts add up to `whole`.

    Where all weights are zero each counts the same. No part is more than one away from its exact share.

    :raises ValueError: when there is nobody to share among, or a negative number.
    """
    if not weights or whole < 0 or min(weights) < 0:
        raise ValueError("There must be someone to share among, and nothing below zero.")
    counted = list(weights) if any(weights) else [1] * len(weights)
    total = sum(counted)
    parts = [whole * weight // total for weight in counted]
    by_remainder = sorted(range(len(counted)), key=lambda place: -(whole * counted[place] % total))
    for place in by_remainder[: whole - sum(parts)]:
        parts[place] += 1
    return parts
