// Renews the figures of the operators' page from the page itself, while somebody looks at it.
import { delay } from "./backoff.js";

const EVERY_MS = 3000;
const WORDS = { live: "Live", reconnecting: "Reconnecting…", asleep: "Paused" };

const place = document.querySelector("[data-connection]");
let attempt = 0;
let timer;

function tell(state) {
  place.hidden = false;
  place.dataset.state = state;
  place.querySelector("[data-connection-text]").textContent = WORDS[state];
}

// Only what changed is replaced, and nothing in which somebody has the focus or a selection.
function renew(fresh) {
  for (const old of document.querySelectorAll("[data-renewed]")) {
    const now = fresh.getElementById(old.id);
    const selection = getSelection();
    const selected = !selection.isCollapsed && old.contains(selection.anchorNode);
    const held = selected || old.contains(document.activeElement);
    if (now && !held && !old.isEqualNode(now)) old.replaceWith(document.adoptNode(now));
  }
}

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Whoever is signed in no longer is shown where to sign in again.
    if (fresh.querySelector("[data-sign-in]")) return location.reload();
    renew(fresh);
    attempt = 0;
    tell("live");
    next(EVERY_MS);
  } catch {
    tell("reconnecting");
    next(EVERY_MS + delay(attempt++));
  }
}

function next(ms) {
  clearTimeout(timer);
  timer = setTimeout(look, ms);
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (document.hidden) tell("asleep");
  else look();
});

if (document.querySelector("[data-renewed]")) look();
