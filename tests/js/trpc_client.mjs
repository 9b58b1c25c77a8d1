// Calls the router at argv[2] with @trpc/client, once by each link, and prints what came of it.
import {
  TRPCClientError,
  createTRPCClient,
  httpBatchLink,
  httpLink,
} from '@trpc/client';

const url = `${process.argv[2]}/trpc`;
const headers = { authorization: 'Bearer user' };
let requests = 0;
const counting = (...sent) => {
  requests += 1;
  return fetch(...sent);
};

const links = {
  single: httpLink({ url, headers, fetch: counting }),
  batch: httpBatchLink({ url, headers, fetch: counting, maxItems: 20 }),
};

async function outcome(call) {
  try {
    return { data: await call };
  } catch (error) {
    if (!(error instanceof TRPCClientError)) throw error;
    return { message: error.message, data: error.data };
  }
}

const outcomes = {};
for (const [name, link] of Object.entries(links)) {
  const client = createTRPCClient({ links: [link] });
  requests = 0;
  const queries = await Promise.all([
    outcome(client.engagement.getHot.query()),
    outcome(client.engagement.getVoteStatus.query({ mediaFileId: 7 })),
    outcome(client.engagement.getVoteStatus.query({ mediaFileId: 404 })),
    outcome(client.engagement.getVoteStatus.query({ mediaFileId: 'seven' })),
    outcome(client.engagement.unheardOf.query()),
  ]);
  const mutations = await Promise.all([
    outcome(client.engagement.vote.mutate({ mediaFileId: 7, voteType: 'down' })),
    outcome(client.engagement.vote.mutate({ mediaFileId: 429 })),
    outcome(client.engagement.vote.mutate({ mediaFileId: 500 })),
    outcome(client.engagement.vote.mutate({ mediaFileId: 7, voteType: 'sideways' })),
    outcome(client.engagement.getHot.mutate()),
  ]);
  outcomes[name] = { queries, mutations, requests };
}
console.log(JSON.stringify(outcomes));
