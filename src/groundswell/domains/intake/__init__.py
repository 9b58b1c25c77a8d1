"""What the host application reports: CloudEvents in, facts in the log out."""
