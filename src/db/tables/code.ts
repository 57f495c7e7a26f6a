import type { Generated } from 'kysely'

export interface CodeHeadTable {
  code_type: string
  code_type_desc: string
}

export interface CodeDetailTable {
  code_type: string
  code: string
  code_desc: string
  required_ind: Generated<'Y' | 'N'>
  code_seq: number
  used_ind: Generated<'Y' | 'N'>
}
