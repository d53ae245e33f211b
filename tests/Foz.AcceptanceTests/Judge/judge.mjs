// Answers statements for ClickHouse: one JSON object a line in, one out.
import { createInterface } from 'node:readline'
import { query } from 'chdb'

process.chdir('/') // ClickHouse reads no table that is not below its folder.
for await (const line of createInterface({ input: process.stdin })) {
  const { sql, format } = JSON.parse(line)
  let answer
  try {
    answer = { text: query(sql, format) }
  } catch (e) {
    answer = { error: e.message }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
