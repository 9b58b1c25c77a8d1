"""What the host application says to everybody who is connected."""
