"""Parity: the same images through plain PyTorch and through the Tron, output by output and figure by figure."""
