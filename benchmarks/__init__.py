"""Benchmarks of the product: accuracy on real corpora, speed, memory, scale.

Run each from the root of the repository, e.g. `python -m benchmarks.speed --help`. Results are in
benchmarks/results/. What bounds the speed is explained in benchmarks/NOTES.md.
"""
