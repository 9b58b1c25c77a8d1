"""The SQL of testimonials. Most find their rows by primary key."""

from __future__ import annotations

from groundswell.store import BIGINT, TEXT, Statement

COLUMNS = """
    t.testimonial_id, t.project_id, t.author_id, t.subject_id, t.title, t.state, t.display_name,
    t.body, t.rating, t.share_id, t.reason, t.revision, t.requested_at, t.changed_at,
    t.published_at
"""
FIND = Statement(f"SELECT {COLUMNS} FROM testimonials t WHERE t.testimonial_id = :testimonial_id")  # noqa: S608
# ix_testimonials_project_id
FIND_OF_PROJECT = Statement(
    f"""
    SELECT {COLUMNS} FROM testimonials t
    WHERE t.project_id = :project_id AND t.author_id = :author_id AND t.state <> 'withdrawn'
    """  # noqa: S608 - column names are ours
)
# ix_testimonials_share_id
FIND_QUOTING = Statement(
    f"""
    SELECT {COLUMNS} FROM testimonials t
    WHERE t.share_id = :share_id ORDER BY t.testimonial_id
    """  # noqa: S608 - column names are ours
)
WAS_ASKED = Statement(
    "SELECT 1 FROM testimonials WHERE project_id = :project_id AND author_id = :author_id LIMIT 1"
)
# ix_testimonials_published_at
PUBLISHED = Statement(
    f"""
    SELECT {COLUMNS} FROM testimonials t
    WHERE t.state = 'published' AND (t.published_at, t.testimonial_id) < (:before_at, :before_id)
      AND (:project_id = '' OR t.project_id = :project_id)
      AND (:subject_id = '' OR t.subject_id = :subject_id)
    ORDER BY t.published_at DESC, t.testimonial_id DESC LIMIT :limit
    """  # noqa: S608 - column names are ours
)
# ix_testimonials_state: who waits longest comes first.
QUEUE = Statement(
    f"""
    SELECT {COLUMNS} FROM testimonials t
    WHERE t.state = :state AND (t.changed_at, t.testimonial_id) > (:after_at, :after_id)
    ORDER BY t.changed_at, t.testimonial_id LIMIT :limit
    """  # noqa: S608 - column names are ours
)
# ix_testimonials_author_id
OF_AUTHOR = Statement(
    f"""
    SELECT {COLUMNS} FROM testimonials t
    WHERE t.author_id = :author_id
      AND (t.requested_at, t.testimonial_id) < (:before_at, :before_id)
    ORDER BY t.requested_at DESC, t.testimonial_id DESC LIMIT :limit
    """  # noqa: S608 - column names are ours
)
ADD = Statement(
    """
    INSERT INTO testimonials
      (testimonial_id, project_id, author_id, subject_id, title, state, requested_at, changed_at)
    {values}
    """,
    rows={
        "testimonial_id": TEXT,
        "project_id": TEXT,
        "author_id": TEXT,
        "subject_id": TEXT,
        "title": TEXT,
        "state": TEXT,
        "requested_at": BIGINT,
        "changed_at": BIGINT,
    },
)
CHANGE = Statement(
    """
    UPDATE testimonials SET state = :state, display_name = :display_name, body = :body,
      rating = :rating, share_id = :share_id, reason = :reason, revision = :revision,
      changed_at = :changed_at, published_at = :published_at
    WHERE testimonial_id = :testimonial_id
    """
)

ADD_CONSENT = Statement(
    """
    INSERT INTO testimonial_consents (testimonial_id, revision, user_id, text_version, given_at)
    {values}
    """,
    rows={
        "testimonial_id": TEXT,
        "revision": BIGINT,
        "user_id": TEXT,
        "text_version": TEXT,
        "given_at": BIGINT,
    },
)
WITHDRAW_CONSENTS = Statement(
    """
    UPDATE testimonial_consents SET withdrawn_at = :at
    WHERE testimonial_id = :testimonial_id AND withdrawn_at IS NULL
    """
)
CONSENTS = Statement(
    """
    SELECT c.testimonial_id, c.text_version, c.revision, c.given_at, c.withdrawn_at
    FROM {rows} r JOIN testimonial_consents c ON c.testimonial_id = r.testimonial_id
    ORDER BY c.testimonial_id, c.revision
    """,
    rows={"testimonial_id": TEXT},
)

ADD_REACTION = Statement(
    """
    INSERT INTO testimonial_reactions (testimonial_id, user_id, kind, at)
    VALUES (:testimonial_id, :user_id, :kind, :at)
    ON CONFLICT (testimonial_id, user_id, kind) DO NOTHING
    RETURNING kind
    """
)
REMOVE_REACTION = Statement(
    """
    DELETE FROM testimonial_reactions
    WHERE testimonial_id = :testimonial_id AND user_id = :user_id AND kind = :kind
    RETURNING kind
    """
)
REACTIONS = Statement(
    """
    SELECT e.testimonial_id, e.kind, COUNT(*)
    FROM {rows} r JOIN testimonial_reactions e ON e.testimonial_id = r.testimonial_id
    GROUP BY e.testimonial_id, e.kind ORDER BY e.testimonial_id, e.kind
    """,
    rows={"testimonial_id": TEXT},
)
MINE = Statement(
    """
    SELECT kind FROM testimonial_reactions
    WHERE testimonial_id = :testimonial_id AND user_id = :user_id ORDER BY kind
    """
)

AUDIT = Statement("SELECT testimonial_id, state FROM testimonials")
AUDIT_REACTIONS = Statement("SELECT testimonial_id, user_id, kind FROM testimonial_reactions")
EXPORT = Statement(
    f"SELECT {COLUMNS} FROM testimonials t WHERE t.author_id = :user_id ORDER BY t.requested_at"  # noqa: S608
)
EXPORT_REACTIONS = Statement(
    """
    SELECT testimonial_id, kind, at FROM testimonial_reactions WHERE user_id = :user_id
    ORDER BY at, testimonial_id, kind
    """
)
