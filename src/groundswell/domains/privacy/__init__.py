"""What people wish to be known of them; taking away what is known, and being forgotten."""
