"""One computation in batches: here, in other processes, or on a cluster.

What a batch holds, and its seed, hang on the question alone and never on who computes
it: any executor and any number of workers give the same numbers to the bit.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import numpy as np

from migration.errors import DesignError

AHEAD = 64  # batches that are asked for at once, so that no queue holds them all
_Batch = TypeVar("_Batch")
_Found = TypeVar("_Found")
_executor: ContextVar[Executor | None] = ContextVar("executor", default=None)


@contextmanager
def compute_on(executor: Executor) -> Iterator[None]:
    """Have what is called inside computed by an executor, where it comes in batches.

    Those are the specifications and null curves of ``multiverse``, the windows of
    ``placebo_in_time``, the effects of ``check_each`` and the deals of
    ``dose_contrast``. Each call gives the same numbers as without, to the bit.
    A batch that is computed elsewhere is not cut up again there.

    Parameters
    ----------
    executor : Executor
        Anything with the ``submit`` of ``concurrent.futures``:
        ``ProcessPoolExecutor()``, or ``client.get_executor()`` of a Dask client, which
        computes a lost worker's batches again. It is left open.

    Raises
    ------
    DesignError
        If it is none.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor() as pool, compute_on(pool):
    ...     list(in_batches(abs, [-1, 2, -3]))
    [1, 2, 3]
    """
    if not callable(getattr(executor, "submit", None)):
        raise DesignError(
            "compute_on needs an executor of concurrent.futures, such as "
            "ProcessPoolExecutor() or client.get_executor() of a Dask client, got "
            f"{type(executor)}"
        )
    token = _executor.set(executor)
    try:
        yield
    finally:
        _executor.reset(token)


def in_batches(
    compute: Callable[[_Batch], _Found], batches: Iterable[_Batch]
) -> Generator[_Found, None, None]:
    """What is computed of each batch, in their order, wherever it is computed.

    Leaving off cancels what has not begun. An executor of processes needs a function
    that pickles.
    """
    executor = _executor.get()
    if executor is None:
        yield from map(compute, batches)
        return
    asked: deque[Future[Any]] = deque()
    try:
        for batch in batches:
            asked.append(executor.submit(compute, batch))
            if len(asked) >= AHEAD:
                yield asked.popleft().result()
        while asked:
            yield asked.popleft().result()
    finally:
        for future in asked:
            future.cancel()


def seeded(
    seed: int, total: int, size: int
) -> list[tuple[np.random.SeedSequence, int]]:
    """A seed and a number of draws for each batch of ``size``, the last one the rest.

    A batch's seed hangs on its place alone, so that more draws keep those before them.
    """
    starts = range(0, total, size)
    seeds = np.random.SeedSequence(seed).spawn(len(starts))
    sizes = [min(size, total - start) for start in starts]
    return list(zip(seeds, sizes, strict=True))
