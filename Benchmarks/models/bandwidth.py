"""Measures how fast this machine reads memory, all threads at once, and prints it as JSON.

    python Benchmarks/models/bandwidth.py [--threads W]

Each thread adds up the squares of an array that no cache holds. Needs numpy.
"""

import argparse
import concurrent.futures
import json
import os
import time

# A thread each is what is wanted, not a pool of the library's own in each.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import numpy  # noqa: E402

BYTES = 256 * 2**20
ROUNDS = 8


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    threads = parser.parse_args().threads
    arrays = [numpy.ones(BYTES // 4, dtype=numpy.float32) for _ in range(threads)]
    best = 0.0
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for _ in range(ROUNDS):
            start = time.perf_counter()
            list(pool.map(lambda array: numpy.dot(array, array), arrays))
            best = max(best, threads * BYTES / (time.perf_counter() - start) / 1e9)
    print(json.dumps({"threads": threads, "gigabytes_per_second": best}))


if __name__ == "__main__":
    main()
