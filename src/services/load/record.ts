/** One record of a file, unchecked, and the line where it stands: where it ends in CSV, where it begins in JSON. */
export interface FileRecord {
  readonly line: number
  readonly value: unknown
}

/** A file that cannot be read on. `message` is the end of a sentence that begins with the line. */
export class FileFault extends Error {
  override readonly name = 'FileFault'
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}
