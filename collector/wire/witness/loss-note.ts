import type { LedgerLoss } from "../../model/ledger.ts";
import type { LoadNote } from "../../model/load-record.ts";

/**
 * A note by which a witness says that it lost something: `lossOfNote` makes an entry of the loss ledger of it again. Each note stands for
 * losses of its own: those of one component and reason are added up.
 */
export function lossNote({ component, signal, reason, items }: LedgerLoss, detail = ""): LoadNote {
  const text = `${component}: ${items} ${signal} lost, ${reason.replaceAll("_", " ")}${detail === "" ? "" : ` (${detail})`}`;
  return { kind: "note", code: `loss:${signal}:${reason}:${items}:${component}`, text };
}

const CODE = /^loss:(traces|metrics|logs|requests|lines|series|samples):([a-z0-9_]{1,64}):(\d{1,15}):(.{1,200})$/;

/** undefined: a note about something else. */
export function lossOfNote({ code }: LoadNote): LedgerLoss | undefined {
  const found = CODE.exec(code);
  if (found === null) return undefined;
  const [, signal, reason = "", items, component = ""] = found;
  return { component, signal: signal as LedgerLoss["signal"], reason, items: Number(items) };
}
