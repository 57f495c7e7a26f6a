import { z } from 'zod'
import { saveCodes } from '../../db/code.ts'
import { textCell, wholeCell, yesNoCell } from './cells.ts'
import { loadKind } from './kind.ts'

/** A code with its type, in the words of `GET …/operations/codes`; all rows of a type should describe it alike. */
export const codes = loadKind({
  record: z
    .strictObject({
      codeType: textCell(30),
      description: textCell(250),
      code: textCell(30),
      codeDescription: textCell(250),
      sequence: wholeCell(0, 999_999),
      usedInd: yesNoCell('Y'),
      requiredInd: yesNoCell('N'),
    })
    .transform((row) => ({
      codeType: row.codeType,
      codeTypeDesc: row.description,
      code: row.code,
      codeDesc: row.codeDescription,
      codeSeq: row.sequence,
      usedInd: row.usedInd,
      requiredInd: row.requiredInd,
    })),
  key: ({ codeType, code }) => `${codeType} ${code}`,
  save: saveCodes,
})
