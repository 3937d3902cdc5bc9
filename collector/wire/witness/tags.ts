/** Before the keys of what else a witness wrote, so that none is taken for an attribute with a meaning. */
export const TAG_PREFIX = "loadtest.tag.";
