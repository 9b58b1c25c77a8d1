// Uses the router at argv[2] as an application does, on the file argv[3], and prints the answers.
import { TRPCClientError, createTRPCClient, httpBatchLink, httpLink } from '@trpc/client';

const [, , url, file] = process.argv;
const mediaFileId = Number(file);
let requests = 0;
const counting = (...sent) => {
  requests += 1;
  return fetch(...sent);
};

async function outcome(call) {
  try {
    return { data: await call };
  } catch (error) {
    if (!(error instanceof TRPCClientError)) throw error;
    return { message: error.message, data: error.data };
  }
}

async function session(link, address) {
  const headers = { 'x-forwarded-for': address };
  const options = { url: `${url}/trpc`, headers, fetch: counting };
  const { engagement } = createTRPCClient({ links: [link(options)] });
  requests = 0;
  const told = {};
  told.vote = await engagement.vote.mutate({ mediaFileId, voteType: 'up' });
  told.changed = await engagement.vote.mutate({ mediaFileId, voteType: 'down' });
  told.status = await engagement.getVoteStatus.query({ mediaFileId });
  told.removed = await engagement.removeVote.mutate({ mediaFileId });
  told.votedAgain = await engagement.vote.mutate({ mediaFileId, voteType: 'up' });
  [told.play, told.download, told.view, told.comment] = await Promise.all([
    engagement.recordPlay.mutate({ mediaFileId, playDuration: 45 }),
    engagement.recordDownload.mutate({ mediaFileId }),
    engagement.recordView.mutate({ mediaFileId }),
    engagement.recordComment.mutate({ mediaFileId, body: 'From a client' }),
  ]);
  [told.stats, told.trending, told.popular, told.hot, told.activity] = await Promise.all([
    engagement.getStats.query({ mediaFileId }),
    engagement.getTrending.query({ period: '24h', limit: 50 }),
    engagement.getPopular.query({ period: '7d', limit: 50 }),
    engagement.getHot.query({ limit: 50 }),
    engagement.getRecentActivity.query({ limit: 5 }),
  ]);
  told.withDefaults = await Promise.all([
    engagement.getTrending.query(),
    engagement.getHot.query(),
    engagement.getRecentActivity.query(),
  ]);
  told.refused = await Promise.all([
    outcome(engagement.vote.mutate({ mediaFileId: 999999999, voteType: 'up' })),
    outcome(engagement.vote.mutate({ mediaFileId, voteType: 'sideways' })),
    outcome(engagement.recordPlay.mutate({ mediaFileId, playDuration: -1 })),
    outcome(engagement.recordView.mutate({ mediaFileId, extra: true })),
    outcome(engagement.getHot.query({ limit: 51 })),
    outcome(engagement.getStats.query({ mediaFileId: 'seven' })),
  ]);
  told.requests = requests;
  return told;
}

console.log(
  JSON.stringify({
    single: await session(httpLink, '203.0.113.31'),
    batch: await session((options) => httpBatchLink({ ...options, maxItems: 20 }), '203.0.113.32'),
  }),
);
