import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// A receiver that only counts: POST /hook; GET /run answers when a run (up to a page without more) is complete.
interface Run {
  pages: number
  bytes: number
  startedAt: number
  endedAt: number
}

let run: Run = { pages: 0, bytes: 0, startedAt: 0, endedAt: 0 }
let complete = Promise.withResolvers<Run>()

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    void complete.promise.then((done) => {
      run = { pages: 0, bytes: 0, startedAt: 0, endedAt: 0 }
      complete = Promise.withResolvers()
      response.end(JSON.stringify(done))
    })
    return
  }
  const at = performance.now()
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => void chunks.push(chunk))
  request.on('end', () => {
    response.end()
    const body = Buffer.concat(chunks)
    if (!body.includes('"payload"')) return
    if (run.pages === 0) run.startedAt = at
    run.pages += 1
    run.bytes += body.length
    run.endedAt = performance.now()
    if (body.subarray(-600).includes('"hasMore":false')) complete.resolve(run)
  })
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
process.on('SIGTERM', () => process.exit(0))
