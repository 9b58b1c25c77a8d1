// Every POST is emitted to a room that all clients are in.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const { HOST = '127.0.0.1', PORT } = process.env;
const ROOM = 'activity';

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    io.to(ROOM).emit('event', JSON.parse(body));
    response.writeHead(202, { 'content-length': 0 }).end();
  });
});
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false });
io.on('connection', (socket) => socket.join(ROOM));

process.on('SIGTERM', () => process.exit(0));
server.listen({ host: HOST, port: Number(PORT), backlog: 4096 });
