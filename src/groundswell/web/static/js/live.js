// The live connection: one event stream, kept open, resumed where it broke off.
import { delay } from "./backoff.js";

const NAMES = ["EVENT", "SNAPSHOT", "GAP", "CAUGHT_UP"];
const HIDDEN_MS = 60000;
const STABLE_MS = 5000;

export function connect(topics) {
  const live = new EventTarget();
  let source = null;
  let position = null;
  let attempt = 0;
  let waiting = null;
  let stable = null;
  let hiding = null;

  const tell = (state) => live.dispatchEvent(new CustomEvent("state", { detail: state }));

  function address() {
    const wanted = new URLSearchParams({ topics });
    if (position) wanted.set("last_event_id", position);
    return `/v1/stream?${wanted}`;
  }

  function open() {
    clearTimeout(waiting);
    if (source) return;
    tell(attempt === 0 ? "connecting" : "reconnecting");
    source = new EventSource(address());
    source.onopen = opened;
    source.onerror = retry;
    for (const name of NAMES) source.addEventListener(name, receive);
  }

  function opened() {
    // A connection that breaks at once is no reason to try faster again.
    stable = setTimeout(() => { attempt = 0; }, STABLE_MS);
    tell("live");
  }

  function receive(message) {
    if (message.lastEventId) position = message.lastEventId;
    let body;
    try {
      body = JSON.parse(message.data);
    } catch {
      return;
    }
    live.dispatchEvent(new CustomEvent(message.type, { detail: body }));
  }

  function close() {
    clearTimeout(waiting);
    clearTimeout(stable);
    source?.close();
    source = null;
  }

  // The browser's own retry gives up on an error status and knows no backoff.
  function retry() {
    close();
    attempt += 1;
    tell("reconnecting");
    waiting = setTimeout(open, delay(attempt - 1));
  }

  function hurry() {
    if (source) return;
    open();
  }

  // A tab nobody looks at gives its connection back: browsers allow six to one host.
  function visibility() {
    clearTimeout(hiding);
    if (document.hidden) {
      hiding = setTimeout(() => { close(); tell("asleep"); }, HIDDEN_MS);
    } else {
      hurry();
    }
  }

  live.start = () => {
    open();
    addEventListener("online", hurry);
    addEventListener("pagehide", close);
    addEventListener("pageshow", (event) => { if (event.persisted) hurry(); });
    document.addEventListener("visibilitychange", visibility);
  };
  return live;
}
