"""What the tests and benchmarks in Python share: processes, servers, clients."""
