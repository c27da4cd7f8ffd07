"""Workers and weights that the fleet shares, and who changed them."""
