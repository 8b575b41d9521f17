"""The benchmark (`make bench`): the contestants side by side, in turn, in several rounds. Entry: Benchmarks/run.sh."""
