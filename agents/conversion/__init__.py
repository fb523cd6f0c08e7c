"""PTH -> Tron: export with the user's code in one child, verification without it in another."""
