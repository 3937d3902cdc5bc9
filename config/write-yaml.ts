import { Document, Scalar, visit } from "yaml";
import { type Tree, toPlain } from "./tree.ts";

/** A tree as YAML text, strings in quotes where they would be read as something else. Ends with a newline. */
export function writeYaml(tree: Tree): string {
  const document = new Document(toPlain(tree), { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      // YAML 1.1 readers take yes, no, on, off and 012 for something else.
      if (typeof node.value === "string" && /^(y|yes|n|no|on|off|[-+]?0\d+)$/i.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}
