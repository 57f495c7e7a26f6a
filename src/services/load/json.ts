import { Tokenizer, TokenParser, TokenType } from '@streamparser/json'
import { FileFault, type FileRecord } from './record.ts'

const LINE_FEED = 10

/** The records of a JSON file: a list of objects, read as it comes. */
export async function* readJson(chunks: AsyncIterable<Buffer>): AsyncGenerator<FileRecord> {
  const found: FileRecord[] = []
  const place = { line: 1, begins: 1 }
  const reader = recordReader(place, found)
  for await (const chunk of chunks) {
    // Line by line, so that the parser's place is known; a line may be as long as the file.
    for (let at = 0; at < chunk.length;) {
      const end = chunk.indexOf(LINE_FEED, at)
      reader.write(end === -1 ? chunk.subarray(at) : chunk.subarray(at, end + 1))
      if (end !== -1) place.line += 1
      at = end === -1 ? chunk.length : end + 1
      yield* found.splice(0)
    }
  }
  reader.end()
  yield* found.splice(0)
}

/** Files the elements of the outermost list in `found`, each with the line it began on. */
function recordReader(place: { readonly line: number; begins: number }, found: FileRecord[]) {
  let failure: Error | undefined
  const tokenizer = new Tokenizer()
  const parser = new TokenParser({ paths: ['$.*'], keepStack: false })
  let depth = 0
  let isList = false
  parser.onValue = ({ value }) => void found.push({ line: place.begins, value })
  parser.onError = (error) => (failure ??= error)
  tokenizer.onError = (error) => (failure ??= error)
  tokenizer.onToken = (token) => {
    if (depth === 0 && token.token === TokenType.LEFT_BRACKET) isList = true
    if (depth === 1 && token.token !== TokenType.COMMA) place.begins = place.line
    if (token.token === TokenType.LEFT_BRACE || token.token === TokenType.LEFT_BRACKET) depth += 1
    if (token.token === TokenType.RIGHT_BRACE || token.token === TokenType.RIGHT_BRACKET) depth -= 1
    if (!isList) throw new FileFault(place.line, 'must begin a list: [ … ]')
    parser.write(token)
  }
  const guarded = (work: () => void) => {
    try {
      work()
    } catch (error) {
      failure ??= error instanceof Error ? error : new Error(String(error))
    }
    if (failure instanceof FileFault) throw failure
    if (failure) throw new FileFault(place.line, `is not JSON: ${failure.message}`)
  }
  return {
    write: (bytes: Buffer) => guarded(() => tokenizer.write(bytes)),
    end: () =>
      guarded(() => {
        if (!tokenizer.isEnded) tokenizer.end()
        if (depth > 0) throw new FileFault(place.line, 'ends in the middle of the list')
        if (!isList) throw new FileFault(place.line, 'must begin a list: [ … ]')
      }),
  }
}
