import { type Aggregation, type Binary, type Call, type Expression, isComparison, isSetOperator, type ValueType } from "./ast.ts";
import { FUNCTIONS, LEFT_OUT } from "./functions.ts";
import { PromqlError } from "./promql-error.ts";

/** What an expression yields. Throws: `PromqlError` where a part does not fit (prometheus: promql/parser/parse.go checkAST). */
export function checkTypes(expression: Expression, text: string): ValueType {
  switch (expression.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "vector-selector":
      return "vector";
    case "matrix-selector":
      return "matrix";
    case "subquery":
      expect(expression.expression, ["vector"], "a subquery", text);
      return "matrix";
    case "unary":
      return expect(expression.operand, ["scalar", "vector"], "a sign", text);
    case "binary":
      return checkBinary(expression, text);
    case "aggregation":
      return checkAggregation(expression, text);
    case "call":
      return checkCall(expression, text);
  }
}

/** The type of an expression that has been checked. */
export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "matrix-selector":
    case "subquery":
      return "matrix";
    case "unary":
      return typeOf(expression.operand);
    case "binary":
      return typeOf(expression.left) === "scalar" && typeOf(expression.right) === "scalar" ? "scalar" : "vector";
    case "call":
      return FUNCTIONS.get(expression.name)?.returns ?? "vector";
    case "vector-selector":
    case "aggregation":
      return "vector";
  }
}

function expect(expression: Expression, wanted: readonly ValueType[], where: string, text: string): ValueType {
  const type = checkTypes(expression, text);
  if (!wanted.includes(type)) throw new PromqlError(`${where} needs a ${wanted.join(" or ")}, this is a ${type}`, text, expression.at);
  return type;
}

function checkBinary(expression: Binary, text: string): ValueType {
  const { operator, matching, at } = expression;
  const fail = (problem: string): never => {
    throw new PromqlError(problem, text, at);
  };
  const left = expect(expression.left, ["scalar", "vector"], `operator ${operator}`, text);
  const right = expect(expression.right, ["scalar", "vector"], `operator ${operator}`, text);
  const isOfScalars = left === "scalar" && right === "scalar";
  const isOfVectors = left === "vector" && right === "vector";
  if (expression.bool && !isComparison(operator)) fail(`bool fits only comparisons, not ${operator}`);
  if (isOfScalars && isComparison(operator) && !expression.bool) fail("comparisons between scalars need bool");
  if (isSetOperator(operator)) {
    if (!isOfVectors) fail(`${operator} needs a vector on both sides`);
    if (matching.many !== undefined) fail(`${operator} takes no group_left or group_right`);
  }
  if (!isOfVectors && (matching.labels.length > 0 || matching.mode === "on" || matching.many !== undefined)) {
    fail("vector matching is only possible between two vectors");
  }
  return isOfScalars ? "scalar" : "vector";
}

function checkAggregation({ operator, operand, parameter }: Aggregation, text: string): ValueType {
  expect(operand, ["vector"], operator, text);
  if (parameter !== undefined) expect(parameter, [operator === "count_values" ? "string" : "scalar"], `the parameter of ${operator}`, text);
  return "vector";
}

function checkCall(call: Call, text: string): ValueType {
  const signature = FUNCTIONS.get(call.name);
  if (signature === undefined) {
    throw new PromqlError(LEFT_OUT.has(call.name) ? `the function ${call.name} is not supported` : `unknown function "${call.name}"`, text, call.at);
  }
  const { parameters, optional } = signature;
  const given = call.arguments.length;
  if (given > parameters.length || given < parameters.length - optional) {
    const wanted = optional > 0 ? `${parameters.length - optional} to ${parameters.length}` : String(parameters.length);
    throw new PromqlError(`${call.name} takes ${wanted} argument${wanted === "1" ? "" : "s"}, not ${given}`, text, call.at);
  }
  call.arguments.forEach((argument, index) => {
    expect(argument, [parameters[index] as ValueType], `argument ${index + 1} of ${call.name}`, text);
  });
  return signature.returns;
}
