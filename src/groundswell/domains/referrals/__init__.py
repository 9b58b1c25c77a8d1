"""Who brought whom: programs, codes, links, attributions, conversions, suspicions."""
