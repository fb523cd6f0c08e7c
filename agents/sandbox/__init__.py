"""Running parts of a job in child processes behind walls: what they are given and what they leave is not trusted."""
