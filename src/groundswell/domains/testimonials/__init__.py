"""Testimonials: what people say in public about projects, from the request to the withdrawal.

Reacts to ``project.completed`` (somebody is asked) and ``social.share.deleted`` (what quotes the
share is retracted). Moves ``testimonials.recent`` and the ``user.{id}.social`` of author and
subject.
"""
