"""Shares: what people post elsewhere, their tracked links, and what came of them there.

Publishes ``social.share.*`` and ``social.suggestion.*`` on ``user.{id}.social``. Reacts to
``project.created`` with a suggestion to share, and to ``message.sent.social`` about a share.
"""
