"""What travels between a researcher and a hospital: messages, their encoding, signatures and frames."""
