"""Where an event becomes messages: which topics it reaches, and in what form."""
