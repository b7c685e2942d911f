"""One function over many clips: joblib, in order, with one progress bar."""
# SPDX-License-Identifier: BSD-3-Clause

from collections import deque
from concurrent.futures import ThreadPoolExecutor

from joblib import Parallel, delayed, effective_n_jobs

__all__ = ["map_clips", "prefetch", "progress_bar"]


def map_clips(
    function, clips, *, n_jobs=None, verbose=0, description=None, batch_size="auto"
):
    """Apply `function` to every clip and yield the results in order.

    Threads are preferred: decoding and the FFT release the interpreter lock, and a
    thread needs neither pickling nor the start of a process. Another back-end is
    chosen from outside with :func:`joblib.parallel_config`.

    Parameters
    ----------
    function : callable
        Takes one clip.
    clips : sequence
        Anything with a length that can be iterated.
    n_jobs : int or None, default=None
        As in joblib.
    verbose : int, default=0
        1 shows a progress bar on stderr.
    description : str or None, default=None
        Text in front of the bar.
    batch_size : int or "auto", default="auto"
        Clips that a thread is handed at once.

    Yields
    ------
    object
        ``function(clip)``, in the order of `clips`.
    """
    parallel = Parallel(
        n_jobs=n_jobs, prefer="threads", return_as="generator", batch_size=batch_size
    )
    results = parallel(delayed(function)(clip) for clip in clips)
    with progress_bar(len(clips), verbose=verbose, description=description) as bar:
        for result in results:
            bar.update(1)
            yield result


def prefetch(function, items, *, n_jobs=None):
    """Yield ``function(item)`` in order, computed ahead while the caller is busy.

    What has been computed and not yet been taken is bounded, unlike with joblib's
    generator, so that a slow consumer fills no memory.

    Parameters
    ----------
    function : callable
        Takes one item.
    items : iterable
        What it is called with.
    n_jobs : int or None, default=None
        Number of threads, as in joblib; 1 computes one item ahead.

    Yields
    ------
    object
        ``function(item)``.
    """
    n_threads = effective_n_jobs(n_jobs)
    items = iter(items)
    with ThreadPoolExecutor(n_threads) as pool:
        ahead = deque()
        try:
            for item in items:
                ahead.append(pool.submit(function, item))
                if len(ahead) > n_threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def progress_bar(total, *, verbose, description=None, unit="clip"):
    """A tqdm bar that stays silent unless `verbose` is positive."""
    from tqdm.auto import tqdm

    return tqdm(total=total, desc=description, unit=unit, disable=verbose < 1)
