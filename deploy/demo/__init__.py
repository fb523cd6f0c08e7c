"""The demo: the main job on two real models and real photos, checked against plain PyTorch."""
