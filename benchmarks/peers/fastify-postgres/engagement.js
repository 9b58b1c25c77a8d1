// Votes and plays, each one transaction of prepared statements that are sent without waiting for
// one another; the counter comes last, so that its row lock is held for the shortest time.

const counters = (sql) => sql`
  id AS "mediaFileId", play_count AS "playCount", download_count AS "downloadCount",
  view_count AS "viewCount", upvotes, downvotes`;

/** Counters after one more play, or undefined if there is no such file. */
export async function recordPlay(sql, { mediaFileId, ipHash, playDuration }) {
  const results = await sql.begin((tx) => [
    tx`INSERT INTO play_logs (media_file_id, ip_hash, play_duration)
       SELECT id, ${ipHash}, ${playDuration ?? null} FROM media_files WHERE id = ${mediaFileId}`,
    addActivity(tx, 'play', mediaFileId, ipHash),
    addEvent(tx, 'engagement.play.recorded', mediaFileId, { mediaFileId, playDuration }),
    tx`UPDATE media_files SET play_count = play_count + 1
       WHERE id = ${mediaFileId} RETURNING ${counters(tx)}`,
  ]);
  return results.at(-1)[0];
}

/** The file's totals after the vote, or undefined if there is no such file. */
export async function castVote(sql, { mediaFileId, ipHash, voteType }) {
  return sql.begin(async (tx) => {
    const [previous] = await tx`
      SELECT vote_type FROM votes WHERE media_file_id = ${mediaFileId} AND ip_hash = ${ipHash}
      FOR UPDATE`;
    const ups = Number(voteType === 'up') - Number(previous?.vote_type === 'up');
    const downs = Number(voteType === 'down') - Number(previous?.vote_type === 'down');
    const results = await Promise.all([
      tx`INSERT INTO votes (media_file_id, ip_hash, vote_type)
         SELECT id, ${ipHash}, ${voteType}::vote_type FROM media_files WHERE id = ${mediaFileId}
         ON CONFLICT (media_file_id, ip_hash)
         DO UPDATE SET vote_type = excluded.vote_type, "updatedAt" = now()`,
      addActivity(tx, 'vote', mediaFileId, ipHash),
      addEvent(tx, 'engagement.vote.cast', mediaFileId, { mediaFileId, voteType }),
      tx`UPDATE media_files SET upvotes = upvotes + ${ups}, downvotes = downvotes + ${downs}
         WHERE id = ${mediaFileId} RETURNING upvotes, downvotes`,
    ]);
    return results.at(-1)[0];
  });
}

function addActivity(tx, type, mediaFileId, ipHash) {
  return tx`INSERT INTO activity_feed (activity_type, media_file_id, media_title, ip_hash)
    SELECT ${type}::activity_type, id, title, ${ipHash} FROM media_files WHERE id = ${mediaFileId}`;
}

function addEvent(tx, type, mediaFileId, payload) {
  return tx`INSERT INTO outbox (event_type, payload)
    SELECT ${type}, ${tx.json(payload)} FROM media_files WHERE id = ${mediaFileId}`;
}
