"""What every part may know and no part owns: ids, times, errors and events."""
