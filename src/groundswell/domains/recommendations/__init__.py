"""What people liked together: related files, and what somebody may like next."""
