/** The edges of a window as a call names them: `2026-11-20T20:46:00.123Z`, which compare as text. */
export interface WindowEdges {
  readonly since: string
  readonly before: string
}

/** The last window that a listener was sent, and how far its windows ever came. */
export interface Chain extends WindowEdges {
  /** Its last page has come. */
  readonly complete: boolean
  /** The latest upper edge of the windows before it. */
  readonly furthest: string
}

/**
 * How a window follows the one before it:
 *
 * | the one before | the new since is        | step    |                                                        |
 * |----------------|-------------------------|---------|--------------------------------------------------------|
 * | none           | anything                | first   |                                                        |
 * | any            | the same, before too    | page    | another page of it                                     |
 * | complete       | its before              | next    | nothing lies between                                   |
 * | incomplete     | its since               | restart | the running window ended by decree, and starts again   |
 * | any            | earlier than that       | replay  | somebody moved the since back                          |
 * | any            | later than that         | gap     | changes between were never sent (or somebody moved it) |
 */
export type Step = 'first' | 'page' | 'next' | 'restart' | 'replay' | 'gap'

export interface Place {
  readonly step: Step
  readonly chain: Chain
  /** Where the window should have started. */
  readonly expected: string
  /** Whether the window lies behind the furthest one: its records may have come before. */
  readonly replaying: boolean
}

/** Adds a page (or, for an EVENT, a window as a whole) to the chain. `complete`: it is the window's last. */
export function follow(chain: Chain | undefined, window: WindowEdges, complete: boolean): Place {
  const { since, before } = window
  if (!chain) {
    return {
      step: 'first',
      expected: since,
      replaying: false,
      chain: { since, before, complete, furthest: since },
    }
  }
  const expected = chain.complete ? chain.before : chain.since
  if (since === chain.since && before === chain.before) {
    const replaying = since < chain.furthest
    return { step: 'page', expected, replaying, chain: { ...chain, complete: chain.complete || complete } }
  }
  const furthest = chain.before > chain.furthest ? chain.before : chain.furthest
  return {
    step: stepTo(since, expected, chain.complete),
    expected,
    replaying: since < furthest,
    chain: { since, before, complete, furthest },
  }
}

function stepTo(since: string, expected: string, complete: boolean): Step {
  if (since === expected) return complete ? 'next' : 'restart'
  return since < expected ? 'replay' : 'gap'
}
