"""Pages without a network: rules per cell, the reference ramp, local search."""
