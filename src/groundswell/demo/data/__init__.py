"""Data files of the demo; LICENSES.md says where they come from and under which terms."""
