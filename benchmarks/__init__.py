"""Benchmarks of the product: accuracy on real corpora, speed, memory, scale.

Run each benchmark from the root of the repository, e.g. `python -m benchmarks.speed --help`.
Results are in benchmarks/results/. benchmarks/NOTES.md explains what limits the speed.
"""
