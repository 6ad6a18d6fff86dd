"""An executor one of whose workers dies in the middle of a batch, once."""

import os


class Dooming:
    """Passes batches on; whoever takes the second one is killed the first time.

    ``mark`` is a file that is there once it has happened.
    """

    def __init__(self, executor, mark):
        self.executor, self.mark, self.asked = executor, mark, 0

    def submit(self, compute, batch):
        self.asked += 1
        if self.asked == 2:
            return self.executor.submit(die_once, str(self.mark), compute, batch)
        return self.executor.submit(compute, batch)


def die_once(mark, compute, batch):
    """Compute a batch, unless nobody has died of it yet."""
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return compute(batch)
    return os.kill(os.getpid(), 9)
