"""What figures are worth: intervals around them, and whether two of them differ by more than noise. Pure; numpy."""
