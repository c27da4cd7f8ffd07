"""Photos to weights: data, training pairs, the training loop and its configurations."""
