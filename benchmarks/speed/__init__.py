"""Benchmark of speed, memory and scale."""
