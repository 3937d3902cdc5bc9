import type { DurationMeaning } from "../../model/load-outcome.ts";

/** Every `DurationMeaning`; the compiler tells of one that is missing. */
const ALL: Readonly<Record<DurationMeaning, true>> = {
  send_to_last_byte: true,
  start_to_last_byte: true,
  start_to_first_byte: true,
  intended_start_to_last_byte: true,
  first_byte_in_to_last_byte_out: true,
  round_trip: true,
  unknown: true,
};

export const DURATION_MEANINGS = Object.keys(ALL) as readonly DurationMeaning[];
