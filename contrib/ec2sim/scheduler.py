"""Things that happen later: a heap of moments, and a thread that waits for them.

Tests with a clock of their own call run_due() instead of starting the thread.
"""
import heapq
import itertools
import threading
import traceback
from typing import Any, Callable


class Scheduler:
    """Calls functions at given moments of CLOCK, in order."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def at(self, moment: float, call: Callable[..., None], *args: Any) -> None:
        """Call CALL(*ARGS) at MOMENT, seconds since 1970."""
        with self._changed:
            heapq.heappush(self._heap, (moment, next(self._count), call, args))
            self._changed.notify()

    def run_due(self) -> None:
        """Call everything whose moment has come."""
        while True:
            with self._changed:
                if not self._heap or self._heap[0][0] > self._clock():
                    return
                _, _, call, args = heapq.heappop(self._heap)
            try:
                call(*args)
            except Exception:
                # One bad event must not stop time for all the others.
                traceback.print_exc()

    def _loop(self) -> None:
        while True:
            self.run_due()
            with self._changed:
                if self._stopping:
                    return
                wait = self._heap[0][0] - self._clock() if self._heap else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)

    def start(self) -> None:
        """Run events from a thread of their own from now on."""
        self._thread = threading.Thread(target=self._loop, name='scheduler', daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; what is still to come is dropped."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()
