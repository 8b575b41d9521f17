"""Processes, servers and clients for the tests and benchmarks in Python."""
