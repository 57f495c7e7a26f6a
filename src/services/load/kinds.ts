import { calendar } from './calendar.ts'
import { codes } from './codes.ts'
import type { LoadKind } from './kind.ts'
import { options } from './options.ts'
import { people } from './people.ts'
import { reportReferences, reportUrls } from './reportUrls.ts'

/** Every sort of file that can be loaded, by the word for it on the command line. */
export const loadKinds: Readonly<Record<string, LoadKind>> = {
  codes,
  calendar,
  options,
  people,
  'report-urls': reportUrls,
  'report-references': reportReferences,
}
