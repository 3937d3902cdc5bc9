import { nearWords } from "../../run/ledger/near-words.ts";
import { noOpenRun, type RunKeeper } from "../../run/run-keeper/run-keeper.ts";
import type { RunStore, StoredRun } from "../../run/run-keeper/run-store.ts";
import { ApiFault } from "./api-fault.ts";

/** Longer words are no ids. */
const MAX_WORD_CHARS = 128;

/** What the word in a path means: an id, `current`, or `latest`. Throws: ApiFault 404 naming ids that come near; E_LEDGER. */
export function findRun(word: string, keeper: RunKeeper, store: RunStore): StoredRun {
  const id = word === "current" ? keeper.current?.id : word;
  if (id === undefined) throw new ApiFault(404, "run_not_found", "no run is open", { hint: noOpenRun().hint });
  const open = keeper.current;
  if (open !== undefined && (id === open.id || id === "latest")) return { run: open, path: store.path(open.id) };
  if (id === "latest") {
    const [newest] = store.list();
    if (newest !== undefined) return newest;
    throw new ApiFault(404, "run_not_found", "there is no run yet", { hint: noOpenRun().hint });
  }
  const found = store.read(id);
  if (found !== undefined) return found;
  const near = nearWords(
    id.slice(0, MAX_WORD_CHARS),
    store.list().map(({ run }) => run.id),
  ).slice(0, 3);
  const hint = near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "GET /api/v1/runs lists the runs that there are.";
  throw new ApiFault(404, "run_not_found", `there is no run ${JSON.stringify(id.slice(0, MAX_WORD_CHARS))}`, { hint });
}

/** The id of the run whose recording is meant; one that is closed has one too. Throws: RunConflict where `current` is meant and none is open; ApiFault 404. */
export function findOpenRun(word: string, keeper: RunKeeper, store: RunStore): string {
  if (word === "current") {
    if (keeper.current === undefined) throw noOpenRun();
    return keeper.current.id;
  }
  return word === keeper.current?.id ? word : findRun(word, keeper, store).run.id;
}
