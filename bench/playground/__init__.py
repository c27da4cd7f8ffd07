"""How fast the local Discord is: `python -m bench.playground [--before CHECKOUT]`."""
