"""Live delivery: topics, positions, the subscriptions of this process and the doors to them."""
