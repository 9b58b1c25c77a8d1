// Starts what the page at hand has; every part finds its own elements and does without them.
import { followActivity } from "./activity.js";
import { followBoard } from "./boards.js";
import { followCounters } from "./counters.js";
import { connect } from "./live.js";
import { followLists } from "./lists.js";
import { reportPlays } from "./plays.js";
import { showConnection } from "./status.js";
import { followTestimonials } from "./testimonials.js";
import { switchThemes } from "./theme.js";
import { keepTimesFresh } from "./times.js";
import { voteInPlace } from "./votes.js";

switchThemes();
voteInPlace();
reportPlays();
keepTimesFresh();

const topics = document.body.dataset.topics;
if (topics) {
  const live = connect(topics);
  showConnection(live);
  followActivity(live);
  followLists(live);
  followCounters(live);
  followBoard(live);
  followTestimonials(live);
  live.start();
}
