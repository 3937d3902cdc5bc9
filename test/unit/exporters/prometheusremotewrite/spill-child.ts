import { REAL_PACE } from "../../../../collector/pipeline/backoff.ts";
import { openOutboxLab } from "./outbox-lab.ts";

/** Run as a process of its own: fills the queue on disk, tells how many points are there, and waits to be killed. */
const [url = "", directory = ""] = process.argv.slice(2);
const lab = openOutboxLab({ url, pace: REAL_PACE, keys: { queue: { directory, spill_after: "0s" } } });
lab.put("a", 1, 1);
lab.outbox.flush();
const filling = setInterval(() => {
  if (lab.outbox.diskBytes === 0) return;
  clearInterval(filling);
  for (let value = 2; value <= 500; value++) {
    lab.put("a", value, value);
    lab.outbox.flush();
  }
  process.send?.(500);
}, 5);
setInterval(() => {}, 1000);
