"""What sums over persons become: the vector one person adds, its sensitivity, and what is read from the noisy sum.

`statistic` says what all have in common; primitives are made of these.
"""
