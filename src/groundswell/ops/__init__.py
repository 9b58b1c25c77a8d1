"""What keeps a running service observable: metrics, health and logs."""
