"""The researcher's side: starts or finds hospitals, asks them, checks what they say, and adds it up."""
