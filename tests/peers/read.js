// Reads documents with node-x12 and ts-edifact, and writes back what they read.
//
// read.js FOLDER: each FOLDER/*.x12 and FOLDER/*.edifact is read, and written to NAME.node-x12 or NAME.ts-edifact. Printed
// is a line of JSON a document: its name, the peer, and what it found wrong.
const fs = require('fs')
const path = require('path')
const peers = process.env.NODE_PEERS
const { X12Parser } = require(path.join(peers, 'node-x12'))
const { Parser, Configuration, NullValidator } = require(path.join(peers, 'ts-edifact'))

function x12(file, target) {
  const interchange = new X12Parser(true).parse(fs.readFileSync(file, 'latin1'))
  fs.writeFileSync(target, interchange.toString(), 'latin1')
}

// ts-edifact has no writer for what it reads: its segments are joined as ISO 9735 says.
function edifact(file, target) {
  const escape = (value) => value.replace(/[?+:']/g, '?$&')
  const component = (values) => values.map(escape).join(':')
  const segments = []
  // Its validator knows some D.01B messages only.
  const parser = new Parser(new Configuration({ charset: 'UNOC', validator: new NullValidator() }))
  parser.onOpenSegment = (name) => segments.push({ name, elements: [] })
  parser.onElement = () => segments.at(-1).elements.push([])
  parser.onComponent = (value) => segments.at(-1).elements.at(-1).push(value)
  parser.write(fs.readFileSync(file, 'latin1'))
  parser.end()
  const line = ({ name, elements }) => [name, ...elements.map(component)].join('+') + "'\n"
  fs.writeFileSync(target, segments.filter(({ name }) => name !== 'UNA').map(line).join(''), 'latin1')
}

const folder = process.argv[2]
for (const name of fs.readdirSync(folder).sort()) {
  const extension = path.extname(name)
  const [peer, read] = { '.x12': ['node-x12', x12], '.edifact': ['ts-edifact', edifact] }[extension] ?? []
  if (!peer) continue
  const wrong = []
  try {
    read(path.join(folder, name), path.join(folder, name.slice(0, -extension.length) + '.' + peer))
  } catch (error) {
    wrong.push(String(error))
  }
  console.log(JSON.stringify({ name, peer, wrong }))
}
