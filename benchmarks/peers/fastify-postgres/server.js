// Fastify with validated bodies and serialised answers, over postgres.js.
import { createHmac } from 'node:crypto';
import Fastify from 'fastify';
import postgres from 'postgres';
import { castVote, recordPlay } from './engagement.js';

const { DATABASE_URL, SECRET, HOST = '127.0.0.1', PORT, POOL = '16' } = process.env;
const sql = postgres(DATABASE_URL, { max: Number(POOL) });
const app = Fastify({ trustProxy: '127.0.0.1' });

const count = { type: 'integer' };
const votes = { upvotes: count, downvotes: count };
const plays = { playCount: count, downloadCount: count, viewCount: count };
const params = {
  type: 'object',
  properties: { id: { type: 'integer', minimum: 1, maximum: 2_147_483_647 } },
};

function answer(properties) {
  return { '2xx': { type: 'object', properties: { mediaFileId: count, ...properties } } };
}

function body(required, properties) {
  return { type: 'object', required, properties, additionalProperties: false };
}

function hashAddress(address) {
  return createHmac('sha256', SECRET).update(address).digest('hex');
}

function notFound(reply) {
  return reply.code(404).send({ detail: 'Media file not found' });
}

app.post('/v1/media/:id/plays', {
  schema: {
    params,
    body: body([], { playDuration: { type: 'integer', minimum: 0 } }),
    response: answer({ ...plays, ...votes }),
  },
}, async (request, reply) => {
  const ipHash = hashAddress(request.ip);
  const found = await recordPlay(sql, { mediaFileId: request.params.id, ipHash, ...request.body });
  return found ? reply.code(201).send(found) : notFound(reply);
});

app.put('/v1/media/:id/vote', {
  schema: {
    params,
    body: body(['voteType'], { voteType: { enum: ['up', 'down'] } }),
    response: answer({ voteType: { type: 'string' }, ...votes }),
  },
}, async (request, reply) => {
  const mediaFileId = request.params.id;
  const { voteType } = request.body;
  const found = await castVote(sql, { mediaFileId, ipHash: hashAddress(request.ip), voteType });
  return found ? { mediaFileId, voteType, ...found } : notFound(reply);
});

process.on('SIGTERM', () => {
  app.server.closeAllConnections();
  app.close().then(() => sql.end()).then(() => process.exit(0));
});
await app.listen({ host: HOST, port: Number(PORT) });
