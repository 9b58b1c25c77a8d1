// Listens at argv[2] for events named argv[3] until argv[4] have come, and prints them.
import { EventSource } from 'eventsource';

const [, , url, name, count] = process.argv;
const source = new EventSource(url);
const messages = [];
let opened = 0;
let unnamed = 0;

source.onopen = () => {
  opened += 1;
};
source.onmessage = () => {
  unnamed += 1;
};
source.addEventListener(name, (event) => {
  messages.push({ id: event.lastEventId, data: JSON.parse(event.data) });
  if (messages.length >= Number(count)) {
    console.log(JSON.stringify({ messages, opened, unnamed }));
    source.close();
  }
});
