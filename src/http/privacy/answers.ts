import { z } from '@hono/zod-openapi'
import type { PersonalData } from '../../domain/privacy/entity.ts'
import type { FoundPeople } from '../../services/privacy/find.ts'

const text = z.string().openapi({ description: 'the word "null" for what is not there' })

const person = z
  .object({
    ENTITY_NAME: z.string().openapi({ example: 'BUYER' }),
    ENTITY_TYPE: text,
    ENTITY_ID: text,
    FULL_NAME: text,
    PHONE: text,
    FAX: text,
    TELEX: text,
    PAGER: text,
    EMAIL: text,
  })
  .openapi('PersonalInformation')
export type Person = z.infer<typeof person>

/** The shape of the document's sample answer: one list in the list, with everybody found. */
export const foundAnswer = z
  .object({
    'Personal Information': z.object({
      list: z.array(z.never()).openapi({ type: 'array', items: {} }),
      'Get Personal Information': z.object({ list: z.array(z.array(person)) }),
    }),
  })
  .openapi('FoundPersonalInformation')

export const accessAnswer = z
  .object({
    items: z.array(
      z.object({
        entityName: z.string(),
        description: z.string(),
        codeType: z.string().nullable().openapi({ description: 'whose codes are the entity types' }),
        entityTypes: z.array(z.object({ code: z.string(), description: z.string() })),
      }),
    ),
  })
  .openapi('PersonalInformationAccess')

/** As the document writes people: upper-case names, every value a text, "null" for what is not there. */
export function toPeople({ entityName, people }: FoundPeople): Person[] {
  return people.map((data: PersonalData) => ({
    ENTITY_NAME: entityName,
    ENTITY_TYPE: data.entityType ?? 'null',
    ENTITY_ID: data.entityId,
    FULL_NAME: data.fullName ?? 'null',
    PHONE: data.phone ?? 'null',
    FAX: data.fax ?? 'null',
    TELEX: data.telex ?? 'null',
    PAGER: data.pager ?? 'null',
    EMAIL: data.email ?? 'null',
  }))
}

export function toFoundAnswer(people: Person[]): z.infer<typeof foundAnswer> {
  return { 'Personal Information': { list: [], 'Get Personal Information': { list: [people] } } }
}
