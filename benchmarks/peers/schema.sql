-- The tables of the specification, as both peers use them, with an outbox so that a request leaves
-- the same durable work behind as in Groundswell: log row, counter, activity row, event row.
CREATE TYPE vote_type AS ENUM ('up', 'down');
CREATE TYPE activity_type AS ENUM ('play', 'download', 'view', 'upload', 'comment', 'vote');

CREATE TABLE media_files (
    id serial PRIMARY KEY,
    title varchar(255) NOT NULL,
    play_count integer NOT NULL DEFAULT 0,
    download_count integer NOT NULL DEFAULT 0,
    view_count integer NOT NULL DEFAULT 0,
    upvotes integer NOT NULL DEFAULT 0,
    downvotes integer NOT NULL DEFAULT 0,
    hotness_score integer NOT NULL DEFAULT 0,
    last_hotness_update timestamp
);

CREATE TABLE votes (
    id serial PRIMARY KEY,
    media_file_id integer NOT NULL,
    ip_hash varchar(64) NOT NULL,
    session_id varchar(64),
    vote_type vote_type NOT NULL,
    "createdAt" timestamp NOT NULL DEFAULT now(),
    "updatedAt" timestamp NOT NULL DEFAULT now()
);
CREATE INDEX votes_media_file_id_idx ON votes (media_file_id);
CREATE INDEX votes_ip_hash_idx ON votes (ip_hash);
CREATE UNIQUE INDEX votes_unique_vote ON votes (media_file_id, ip_hash);

CREATE TABLE play_logs (
    id serial PRIMARY KEY,
    media_file_id integer NOT NULL,
    ip_hash varchar(64) NOT NULL,
    session_id varchar(64),
    play_duration integer,
    "completedAt" timestamp NOT NULL DEFAULT now()
);
CREATE INDEX play_logs_media_file_id_idx ON play_logs (media_file_id);
CREATE INDEX play_logs_completed_at_idx ON play_logs ("completedAt");

CREATE TABLE activity_feed (
    id serial PRIMARY KEY,
    activity_type activity_type NOT NULL,
    media_file_id integer,
    media_title varchar(255),
    ip_hash varchar(64),
    location varchar(100),
    metadata text,
    "createdAt" timestamp NOT NULL DEFAULT now()
);
CREATE INDEX activity_feed_created_at_idx ON activity_feed ("createdAt");
CREATE INDEX activity_feed_activity_type_idx ON activity_feed (activity_type);

CREATE TABLE outbox (
    id bigserial PRIMARY KEY,
    event_type varchar(64) NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamp NOT NULL DEFAULT now()
);
