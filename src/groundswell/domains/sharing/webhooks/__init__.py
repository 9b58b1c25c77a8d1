"""What platforms tell about shares: verified by signature, read by a plug-in per scheme.

``adapter`` says what a plug-in is; each scheme has a file of its own.
"""
