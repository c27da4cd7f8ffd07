"""Taking jobs: the loop, the lease, the circuit breaker, operators' commands."""
