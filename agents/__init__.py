"""THE machines: what a job does on one of them, and the loop that finds the jobs."""
