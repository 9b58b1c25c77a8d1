// Reports what was really heard: the seconds that played, once per listening.
const LONGEST_STEP = 2;

export function reportPlays() {
  const player = document.querySelector("[data-player]");
  if (!player) return;
  let heard = 0;
  let last = null;

  function advance() {
    const step = last === null ? 0 : player.currentTime - last;
    // A jump along the track is not listening.
    if (step > 0 && step < LONGEST_STEP * player.playbackRate) heard += step;
    last = player.currentTime;
  }

  function report() {
    const seconds = Math.floor(heard);
    if (seconds < 1) return;
    heard = 0;
    fetch(`/v1/media/${player.dataset.player}/plays`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ playDuration: seconds }),
      keepalive: true,
    }).catch(() => {});
  }

  player.addEventListener("timeupdate", advance);
  player.addEventListener("seeking", () => { last = null; });
  player.addEventListener("ended", report);
  addEventListener("pagehide", report);
}
