/** Lengths and ranges of a registration (document 004, "Manage Webhooks" and "Manage Webhook Credential"). */
export const LENGTHS = {
  service: 100,
  listenerName: 100,
  credentialName: 100,
  listenerUrl: 255,
  queryParameter: 2000,
  /** whsec_ and 64 bytes in base64 are 94. */
  signingSecret: 100,
  /** Names and values of a listener's own headers together. */
  headers: 4096,
  headerName: 100,
  username: 100,
  password: 100,
  apikey: 2000,
  apikeyHeader: 100,
  apikeyPrefix: 100,
  clientCertificate: 32_768,
  clientPrivateKey: 32_768,
  clientPrivateKeyPassphrase: 1000,
  caCertificate: 131_072,
  oauthClientId: 255,
  oauthClientSecret: 255,
  oauthTokenUrl: 255,
  oauthScope: 255,
} as const

export const RANGES = {
  /** Number (4). */
  collectionSize: { min: 1, max: 9999 },
  /** Number (6). */
  intervalSeconds: { min: 1, max: 999_999 },
  pageLimit: { min: 1, max: 999_999 },
  /** Number (2). */
  heartbeatIntervalHours: { min: 1, max: 99 },
  /** A month. */
  signingOverlapHours: { min: 0, max: 720 },
  headers: { min: 0, max: 20 },
} as const
