// Says in the header whether the page is live.
const WORDS = {
  connecting: "Connecting…",
  live: "Live",
  reconnecting: "Reconnecting…",
  asleep: "Paused",
};

export function showConnection(live) {
  const place = document.querySelector("[data-connection]");
  if (!place) return;
  const words = place.querySelector("[data-connection-text]");
  live.addEventListener("state", ({ detail: state }) => {
    place.hidden = false;
    place.dataset.state = state;
    words.textContent = WORDS[state];
  });
}
