"""Rewards of referral programs: granted, held, approved, paid, taken back; and the ledger."""
