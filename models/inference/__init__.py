"""What a page takes beside its pixels: network, focus and refinement, on a processor without PyTorch or with it."""
