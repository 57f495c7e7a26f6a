// npm run bench [-- payload] [idle] [latency]: all by default. About five minutes on two cores.
const benches = {
  payload: async () => (await import('./payload.ts')).benchPayload(),
  idle: async () => (await import('./idle.ts')).benchIdle(),
  latency: async () => (await import('./latency.ts')).benchLatency(),
}
const wanted = process.argv.slice(2)
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length === 0 || wanted.includes(name)) await bench()
}
