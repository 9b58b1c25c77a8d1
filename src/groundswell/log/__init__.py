"""The event log: appended in the writer's transaction, read in order by consumer groups."""
