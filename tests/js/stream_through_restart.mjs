// Listens at argv[2] to the feed until item number argv[4] of the file argv[3], restarts included.
import { EventSource } from 'eventsource';

const [, , url, file, count] = process.argv;
const source = new EventSource(`${url}/v1/stream?topics=activity`);
const events = [];
let opened = 0;
let gaps = 0;

source.onopen = () => {
  opened += 1;
};
source.addEventListener('GAP', () => {
  gaps += 1;
});
source.addEventListener('EVENT', (message) => {
  const event = JSON.parse(message.data);
  if (event.data.mediaFileId !== Number(file)) return;
  events.push(event);
  if (events.length >= Number(count)) {
    console.log(JSON.stringify({ events, opened, gaps }));
    source.close();
  }
});
