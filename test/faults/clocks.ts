import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from '../support/process.ts'

/** The file of Debian's package libfaketime, on whatever machine. */
function findLibrary(): string | undefined {
  return readdirSync('/usr/lib', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join('/usr/lib', name, 'faketime/libfaketime.so.1'))
    .find((path) => existsSync(path))
}

/** Why there are no clocks here that can be set; undefined when there are. */
export function noClocks(): string | undefined {
  if (process.platform === 'linux' && findLibrary()) return undefined
  return 'it needs libfaketime (Debian: apt-get install libfaketime)'
}

/** A clock of its own for each process, hours beside the real one. What measures durations goes on as ever. */
export class Clocks {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Variables of a process that make it go by its own clock. */
  of(name: string): Readonly<Record<string, string>> {
    this.set(name, 0)
    return {
      LD_PRELOAD: findLibrary() ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file(name),
      FAKETIME_CACHE_DURATION: '1', // seconds until it looks at the file again
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
  }

  /** That clock is so many hours ahead from now on, give or take a second. */
  set(name: string, hours: number): void {
    writeFileSync(this.#file(name), `${hours < 0 ? '-' : '+'}${Math.abs(hours) * 3600}`)
  }

  /** Removes what killed processes have left in memory. */
  sweep(): void {
    for (const name of readdirSync('/dev/shm')) {
      const pid = /^(?:sem\.)?faketime_(?:sem|shm)_(\d+)$/.exec(name)?.[1]
      if (pid !== undefined && !isAlive(Number(pid))) rmSync(join('/dev/shm', name), { force: true })
    }
  }

  #file(name: string): string {
    return join(this.#folder, `clock-${name.replace(' ', '-')}`)
  }
}
