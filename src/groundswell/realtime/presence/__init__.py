"""Who is present in a scope: devices that are heard from, shown as one member per user."""
