// Holds mappings against the published JSON Schema of their language, as an editor would (yaml, ajv).
//
// schema.js SCHEMA FOLDER: each mapping.yaml below the folder must be valid; the misspelt ones that are made of one of them
// must not be. Printed is what was tried; what is wrong goes to standard error, and exits with 1.
"use strict";

const fs = require("fs");
const path = require("path");
const peer = (name) => require(path.join(process.env.NODE_PEERS, name));
const Ajv = peer("ajv");
const YAML = peer("yaml");

const [schema, folder] = process.argv.slice(2);
const validate = new Ajv({ allErrors: true, strict: false }).compile(JSON.parse(fs.readFileSync(schema, "utf8")));
const wrong = (text) => (validate(YAML.parse(text)) ? [] : validate.errors.map((e) => `${e.instancePath}: ${e.message}`));
let failed = false;
const complain = (text) => { console.error(text); failed = true; };

const mappings = fs.readdirSync(folder, { recursive: true }).filter((name) => path.basename(name) === "mapping.yaml");
for (const name of mappings) {
  wrong(fs.readFileSync(path.join(folder, name), "utf8")).forEach((error) => complain(`${name}: ${error}`));
}
console.log(`${mappings.length} mappings`);

const order = fs.readFileSync(path.join(folder, "standard/x12/4010/850-order/mapping.yaml"), "utf8");
for (const [right, misspelt] of [
  ["unmapped: warn", "unmaped: warn"],
  ["unmapped: warn", "unmapped: shout"],
  ["  number: BEG03", "  nummber: BEG03"],
  ["to: order/1", "to: ordr/1"],
  ["direction: both", "direction: sideways"],
]) {
  if (!order.includes(right)) complain(`the order's mapping does not say ${right}`);
  if (wrong(order.replace(right, misspelt)).length === 0) complain(`${misspelt} is taken for valid`);
  console.log(misspelt);
}
process.exitCode = failed ? 1 : 0;
