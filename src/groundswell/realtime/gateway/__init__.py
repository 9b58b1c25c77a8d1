"""The gateway: the protocol ``groundswell.v1``, spoken to every client whatever its transport."""
