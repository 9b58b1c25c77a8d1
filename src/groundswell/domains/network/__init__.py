"""People who know each other: friends, blocks, suggestions of whom else to know.

Reacts to ``referral.conversion.completed`` (friends through referral), ``user.profile.updated``
(connections that the host knows) and ``bid.awarded`` (collaborations, and suggestions that follow).
Moves the ``user.{id}.network`` of those concerned, and says who may see whose presence.
"""
