import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { REPEATS } from '../faults.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'

/** Room for PostgreSQL's cluster with little WAL, and for a while of the workload. */
const MEGABYTES = 200

/** A small file system in memory; root only. */
export class SmallDisk {
  readonly path: string

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'sincewire-disk-'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'tmpfs', this.path], {
        stdio: 'pipe',
      })
    } catch (error) {
      rmdirSync(this.path)
      throw error
    }
    chmodSync(this.path, 0o711)
  }

  /** Takes all the room that is left. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.path)
    writeFileSync(this.#ballast, Buffer.alloc(bavail * bsize))
  }

  empty(): void {
    rmSync(this.#ballast, { force: true })
  }

  remove(): void {
    execFileSync('umount', ['-l', this.path], { stdio: 'pipe' })
    rmdirSync(this.path)
  }

  get #ballast(): string {
    return join(this.path, 'ballast')
  }
}

const disks = new WeakMap<World, SmallDisk>()

/** No room for anything new: PostgreSQL refuses, and ends when it is its own log that finds none. */
async function fillUp(world: World, disk: SmallDisk): Promise<void> {
  const over = world.faults.begin('disk full', REPEATS.forgotten)
  disk.fill()
  await delay(world.between(1000, 5000))
  disk.empty()
  if (!world.postgres.isUp) await world.postgres.start()
  over()
}

export const disk: Trouble = {
  name: 'disk',
  title: 'the disk under PostgreSQL is full',
  impossible() {
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      return 'it needs root to make a small file system'
    try {
      new SmallDisk().remove()
      return undefined
    } catch {
      return 'this machine lets nobody mount'
    }
  },
  world: {
    postgresFolder(world) {
      const disk = new SmallDisk()
      disks.set(world, disk)
      world.defer(() => disk.remove())
      return join(disk.path, 'postgresql')
    },
    postgresSettings: { min_wal_size: '32MB', max_wal_size: '48MB', wal_recycle: 'off' },
  },
  strike: (world) => fillUp(world, disks.get(world)!),
}
