// The activity panel: newest first, bounded, and still when its reader wants it still.
import { ago } from "./format.js";

const MOST = 30;
const ANNOUNCE_MS = 10000;
const VERBS = {
  play: "Played",
  download: "Downloaded",
  view: "Looked at",
  upload: "New",
  comment: "Comment on",
  vote: "Vote for",
};

export function followActivity(live) {
  const panel = document.querySelector("[data-activity-panel]");
  if (!panel) return;
  const list = panel.querySelector("[data-activity-list]");
  const blank = panel.querySelector("[data-happening]");
  const announcement = panel.querySelector("[data-announce]");
  const waiting = new Map();
  let announced = Date.now();
  let drawing = false;

  const pause = pauseButton(panel.querySelector("[data-pause]"), waiting, draw);

  function item(data) {
    const row = blank.content.firstElementChild.cloneNode(true);
    const field = (name) => row.querySelector(`[data-field="${name}"]`);
    row.dataset.activity = data.activityId;
    row.dataset.media = data.mediaFileId;
    row.querySelector("use").setAttribute("href", `#icon-${data.type}`);
    field("verb").textContent = VERBS[data.type] ?? data.type;
    field("title").textContent = data.mediaTitle;
    field("title").href = `/media/${data.mediaFileId}`;
    field("location").textContent = data.location ?? "Somewhere";
    field("time").dateTime = data.timestamp;
    field("time").textContent = ago(data.timestamp);
    return row;
  }

  const shown = (id) => list.querySelector(`[data-activity="${CSS.escape(String(id))}"]`);

  function add(data) {
    if (shown(data.activityId)) return;
    waiting.set(data.activityId, data);
    if (waiting.size > MOST) waiting.delete(waiting.keys().next().value);
    pause.refresh();
    if (pause.held() || drawing) return;
    drawing = true;
    requestAnimationFrame(draw);
  }

  function draw() {
    drawing = false;
    const latest = [...waiting.values()];
    waiting.clear();
    for (const data of latest) insert(item(data));
    while (list.children.length > MOST) list.lastElementChild.remove();
    if (latest.length) announce(latest.at(-1));
  }

  // What was asked for may be older than what arrived meanwhile.
  function insert(row) {
    row.classList.add("fresh");
    const moment = (entry) => Date.parse(entry.querySelector("time").dateTime);
    const older = [...list.children].find((entry) => moment(entry) <= moment(row));
    list.insertBefore(row, older ?? null);
  }

  // A busy feed read out in full would be noise: the newest event, at most every ten seconds.
  function announce(data) {
    if (!panel.open || Date.now() - announced < ANNOUNCE_MS) return;
    announced = Date.now();
    announcement.textContent = `${VERBS[data.type] ?? data.type} ${data.mediaTitle}`;
  }

  // A file that is gone takes everything that happened to it along; people take what they did.
  function retract({ mediaFileId, activityIds = [] }) {
    for (const id of activityIds) {
      waiting.delete(id);
      shown(id)?.remove();
    }
    for (const [id, data] of waiting) if (data.mediaFileId === mediaFileId) waiting.delete(id);
    for (const row of list.querySelectorAll(`[data-media="${Number(mediaFileId)}"]`)) row.remove();
    pause.refresh();
  }

  async function reload() {
    const answer = await fetch(`/v1/activity?limit=20`);
    if (!answer.ok) return;
    const { items } = await answer.json();
    for (const entry of items.reverse()) add({ ...entry, activityId: entry.id });
  }

  live.addEventListener("EVENT", ({ detail: event }) => {
    if (event.topic !== "activity") return;
    if (event.data.eventType === "engagement.activity.created") add(event.data);
    if (event.data.eventType === "engagement.activity.retracted") retract(event.data);
  });
  // What happened while the page was loading, or was lost, is asked for.
  live.addEventListener("state", ({ detail }) => { if (detail === "live") reload().catch(() => {}); });
  live.addEventListener("GAP", ({ detail }) => { if (detail.topic === "activity") reload().catch(() => {}); });
}

function pauseButton(button, waiting, draw) {
  let paused = false;
  const refresh = () => {
    const count = waiting.size;
    button.textContent = !paused ? "Pause" : count ? `Resume, ${count} new` : "Resume";
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    if (!paused) draw();
    refresh();
  });
  return { held: () => paused, refresh };
}
