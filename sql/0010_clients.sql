-- Who may call the API, and what belongs to whom.
create table sincewire.client (
  -- Without a colon: it is the user name of HTTP Basic, and owners from elsewhere hold one (`oidc:<subject>`).
  client_name text primary key check (client_name ~ '^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$'),
  role        text not null check (role in ('reader', 'integrator', 'operator', 'admin')),
  services    text[] check (services <> '{}'),            -- null: all
  addresses   cidr[] check (addresses <> '{}'),           -- null: from anywhere
  enabled     boolean not null default true,
  created_at  timestamptz not null default clock_timestamp(),
  check (services is null or role in ('reader', 'integrator'))
);

-- A client is never deleted, only revoked: whoever took its name would own its listeners.
create table sincewire.client_key (
  key_id       text primary key check (key_id ~ '^[0-9a-f]{16}$'),  -- the part of the key that is no secret
  client_name  text not null references sincewire.client,
  hash         text not null,                                     -- scrypt with its parameters and salt; see src/secrets/keyHash.ts
  created_at   timestamptz not null default clock_timestamp(),
  expires_at   timestamptz,
  last_used_at timestamptz,                                       -- to the minute
  revoked_at   timestamptz
);
create index client_key_client on sincewire.client_key (client_name, created_at);

-- Who registered it; null: somebody before there were clients. An integrator sees and changes its own only.
alter table sincewire.listener add column owner text;
alter table sincewire.credential add column owner text;
create index listener_owner on sincewire.listener (owner, credential_name, service, listener_name);
create index credential_owner on sincewire.credential (owner, credential_name);
