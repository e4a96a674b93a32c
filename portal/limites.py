"""Brakes: how many times somebody may do something that writes to others."""

from django.core.cache import cache

HOUR, DAY = 3_600, 86_400


def spend(action: str, who: object, most: int, seconds: int = DAY) -> bool:
    """Count one more `action` by `who`; False when there were already `most` of them in the last `seconds`."""
    key = f"limite:{action}:{who}"
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) <= most
    except ValueError:  # it went out of date between the two calls
        cache.set(key, 1, seconds)
        return True
