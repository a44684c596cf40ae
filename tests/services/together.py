"""Calls that happen at the same instant."""

import os
import threading

from django.db import connections

PATIENCE = 600 if os.environ.get("PORTAL_FULL") == "1" else 60  # the numbers that the issues name take their time


def together(calls):
    """Run each call in a thread of its own behind one barrier; answer what each returned or raised, in order."""
    calls = list(calls)
    barrier = threading.Barrier(len(calls))
    outcomes = [None] * len(calls)

    def one(place, call):
        try:
            barrier.wait(PATIENCE)
            outcomes[place] = call()
        except Exception as error:  # noqa: BLE001 - the test compares what came out
            outcomes[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(place, call), daemon=True) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a call did not come back"
    return outcomes
