import { html } from 'hono/html'
import type { Person } from './answers.ts'

const columns = [
  ...(['ENTITY_NAME', 'ENTITY_TYPE', 'ENTITY_ID', 'FULL_NAME', 'PHONE', 'FAX'] as const),
  ...(['TELEX', 'PAGER', 'EMAIL'] as const),
] as const

/** The people found as a page to read and print. Every value is escaped. */
export function peoplePage(people: readonly Person[]) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Personal Information</title>
        <style>
          body {
            font:
              16px system-ui,
              sans-serif;
            margin: 2rem;
          }
          table {
            border-collapse: collapse;
          }
          th,
          td {
            border: 1px solid #999;
            padding: 0.3rem 0.6rem;
            text-align: left;
          }
        </style>
      </head>
      <body>
        <h1>Personal Information</h1>
        <p>${people.length === 1 ? '1 record' : `${people.length} records`}</p>
        <table>
          <thead>
            <tr>
              ${columns.map((column) => html`<th>${column.replace('_', ' ')}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${people.map(
              (person) =>
                html`<tr>
                  ${columns.map((column) => html`<td>${person[column]}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </body>
    </html>`
}
