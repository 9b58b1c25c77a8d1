"""What people write is looked at before anybody else reads it."""
