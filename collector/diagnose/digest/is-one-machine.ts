import type { Run } from "../../model/run.ts";

const LOOPBACK = /^(https?:\/\/)?(localhost|127\.\d+\.\d+\.\d+|\[::1\]|::1)([:/]|$)/i;

/** Whether the generator called a server on its own machine: then there is no network between the two. False where the target is not known. */
export function isOneMachine({ conditions }: Pick<Run, "conditions">): boolean {
  return LOOPBACK.test(conditions.target);
}
