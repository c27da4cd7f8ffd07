"""Pages and pictures as NumPy arrays: the same rules as on tensors, for programs that have no PyTorch."""
