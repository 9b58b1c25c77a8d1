// Fetches the drawn cover of a file for a row that was not on the page when it was loaded.
export async function drawPrint(place, mediaFileId) {
  try {
    const answer = await fetch(`/media/${mediaFileId}/print.svg`);
    if (!answer.ok) return;
    const picture = new DOMParser().parseFromString(await answer.text(), "image/svg+xml");
    place.replaceWith(document.importNode(picture.documentElement, true));
  } catch {
    // A row without its picture is still a row.
  }
}
