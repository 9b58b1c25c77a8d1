// tRPC's standalone HTTP server over drizzle and postgres.js.
import { createHmac } from 'node:crypto';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { appRouter } from './engagement.js';

const { DATABASE_URL, SECRET, HOST = '127.0.0.1', PORT, POOL = '16' } = process.env;
const client = postgres(DATABASE_URL, { max: Number(POOL) });
const db = drizzle(client);

function visitorAddress(request) {
  const forwarded = request.headers['x-forwarded-for'];
  return forwarded ? forwarded.split(',')[0].trim() : request.socket.remoteAddress;
}

function hashAddress(address) {
  return createHmac('sha256', SECRET).update(address).digest('hex');
}

const server = createHTTPServer({
  router: appRouter,
  createContext: ({ req }) => ({ db, ipHash: hashAddress(visitorAddress(req)) }),
});

process.on('SIGTERM', () => {
  server.close(() => client.end().then(() => process.exit(0)));
  server.closeAllConnections();
});
server.listen(Number(PORT), HOST);
