// node-x12 over one file, by processor time: `read.js FILE`.
const fs = require('fs')
const { X12Parser } = require('node-x12')

const text = fs.readFileSync(process.argv[2], 'utf8')
const started = process.cpuUsage()
try {
  const interchange = new X12Parser(true).parse(text)
  const { user, system } = process.cpuUsage(started)
  if (interchange.functionalGroups.length === 0) throw new Error('nothing was read')
  console.log(`node-x12 1.7.1\t${(text.length / (user + system)).toFixed(2)}\t-\ta tree, envelope checked, no guide`)
} catch (error) {
  console.log(`node-x12 1.7.1\t-\t-\tgave up: ${String(error.message).slice(0, 100).replace(/\s/g, ' ')}`)
}
