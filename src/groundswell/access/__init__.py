"""Who is calling, and how often they may: addresses, keys, tokens, limits."""
