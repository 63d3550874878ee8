"""The hospital's side: the only package that sees a row; it believes nothing that it is sent."""
