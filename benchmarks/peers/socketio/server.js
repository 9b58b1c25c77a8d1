// Every POST is emitted to the room of its path. A client is in the room it names when it connects,
// and joins and leaves others.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const { HOST = '127.0.0.1', PORT } = process.env;

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    io.to(request.url.slice(1)).emit('event', JSON.parse(body));
    response.writeHead(202, { 'content-length': 0 }).end();
  });
});

const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false });
io.on('connection', (socket) => {
  socket.join(socket.handshake.query.topic);
  socket.on('join', (room, done) => { socket.join(room); done('joined'); });
  socket.on('leave', (room, done) => { socket.leave(room); done('left'); });
});

process.on('SIGTERM', () => process.exit(0));
server.listen({ host: HOST, port: Number(PORT), backlog: 4096 });
