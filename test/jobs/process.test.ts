import { describe, expect, test } from 'vitest'
import { serveAll, PRIVATE } from '../administration/harness.ts'
import { testDatabase } from '../support/index.ts'

const database = await testDatabase()
const { call, send } = await serveAll(database)
const place = `${PRIVATE}/processes/update/process_config/execution`

async function settings(jobName: string) {
  const [row] = await database.run(
    `select num_threads, num_data_to_process, commit_max_ctr, archive_ind from merch.b8d_process_config where job_name = '${jobName}'`,
  )
  return Object.values(row ?? {})
}

describe('POST processes/update/process_config/execution', () => {
  test('changes what is given and leaves the rest, from the body or from the query', async () => {
    const before = await settings('refresh')
    const sent = await send('POST', place, {
      JobName: 'refresh',
      numThreads: 5,
      archiveInd: 'Y',
      commitMaxCtr: '',
    })
    expect([sent.status, sent.body]).toEqual([
      200,
      { status: 'SUCCESS', message: 'Update record was successful' },
    ])
    expect(await settings('refresh')).toEqual([5, before[1], before[2], 'Y'])
    const asked = await call(
      'POST',
      `${place}?JobName=refresh&numDataToProcess=7&commitMaxCtr=3&archiveInd=N`,
    )
    expect(asked.status).toBe(200)
    expect(await settings('refresh')).toEqual([5, '7', '3', 'N'].map((v) => (v === 'N' ? v : Number(v))))
    const both = await send('POST', `${place}?numThreads=1`, { JobName: 'refresh' })
    expect([both.status, (await settings('refresh'))[0]]).toEqual([200, 1])
  })

  test.each([
    ['no job', {}, '', 'update.JobName', 'is required'],
    ['a blank job', { JobName: ' ' }, '', 'update.JobName', 'is required'],
    [
      'too many threads',
      { JobName: 'prune', numThreads: 33 },
      '',
      'update.numThreads',
      'must be from 1 to 32',
    ],
    ['none', { JobName: 'prune', numThreads: 0 }, '', 'update.numThreads', 'must be from 1 to 32'],
    ['text', { JobName: 'prune', commitMaxCtr: 'x' }, '', 'update.commitMaxCtr', 'must be a whole number'],
    [
      'a fraction',
      { JobName: 'prune', numDataToProcess: 1.5 },
      '',
      'update.numDataToProcess',
      'must be a whole number',
    ],
    ['an indicator', { JobName: 'prune', archiveInd: 'y' }, '', 'update.archiveInd', 'must be one of Y, N'],
    ['an unknown field', { JobName: 'prune', jobname: 1 }, '', 'update.jobname', 'is not a known field'],
    ['a list', [1], '', 'update', 'must be an object'],
    ['an unknown parameter', { JobName: 'prune' }, '?x=1', 'x', 'is not a known field'],
    [
      'a wrong parameter',
      { JobName: 'prune' },
      '?numThreads=a',
      'numThreads',
      'must be a whole number from 1 to 32',
    ],
    [
      'twice',
      { JobName: 'prune' },
      '?JobName=prune',
      'update.JobName',
      'is given in the body and in the query',
    ],
    [
      'what the job cannot',
      { JobName: 'prune', archiveInd: 'Y' },
      '',
      'update.archiveInd',
      'must be N: what the job prune removes is not kept',
    ],
    [
      'two things',
      { JobName: 'prune', numThreads: 2 },
      '',
      'update.numThreads',
      'must be 1: the job prune has no threads',
    ],
  ])('refuses %s, naming the field, and changes nothing', async (_, body, search, field, error) => {
    const before = await settings('prune')
    const answer = await send('POST', `${place}${search}`, body)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({
      status: 'ERROR',
      message: 'Error found in validation of input payload',
      validationErrors: [{ field, error }],
    })
    expect(await settings('prune')).toEqual(before)
  })

  test('an unknown job is a business error', async () => {
    const answer = await send('POST', place, { JobName: 'delta/nothing', numThreads: 2 })
    expect([answer.status, answer.body]).toEqual([
      400,
      {
        status: 'ERROR',
        message: 'Error found in processing of input payload',
        businessError: [
          { service: 'delta/nothing', errorMessage: 'There is no background job delta/nothing' },
        ],
      },
    ])
  })

  test('malformed JSON is 400, another content type 415, another method 405', async () => {
    const json = { 'content-type': 'application/json' }
    expect((await call('POST', place, { body: '{', headers: json })).status).toBe(400)
    expect(
      (await call('POST', place, { body: 'a=1', headers: { 'content-type': 'text/plain' } })).status,
    ).toBe(415)
    expect((await call('POST', place, { body: Buffer.from('{}') })).status).toBe(415)
    const put = await call('PUT', place)
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST'])
  })
})
