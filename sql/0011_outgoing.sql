-- What goes out: client certificates, headers of the listener's own, and more than one signing key.
--
-- Every sealed value (AES-256-GCM) stands beside the id of the master key that sealed it.

alter table sincewire.credential
  drop constraint credential_credential_type_check,
  add constraint credential_type_known check (credential_type in ('OAUTH', 'BASICAUTH', 'APIKEY', 'MTLS')),
  alter column secret drop not null,         -- MTLS: the certificate is all there is
  alter column secret_key_id drop not null,
  add column apikey_header                 text,        -- null: x-api-key
  add column apikey_prefix                 text,        -- stands before the key, with a blank between
  -- A certificate that connections show, with whatever type of credential; MTLS has nothing else.
  add column client_certificate            text,        -- PEM, our own first
  add column client_certificate_expires_at timestamptz,
  add column client_key                    bytea,       -- sealed PKCS #8 PEM
  add column client_key_key_id             text,
  -- Authorities that connections trust beside the usual ones.
  add column ca_certificate                text,        -- PEM
  add column ca_certificate_expires_at     timestamptz, -- of the first to expire
  add check ((secret is null) = (credential_type = 'MTLS')),
  add check ((secret is null) = (secret_key_id is null)),
  add check (credential_type <> 'MTLS' or client_certificate is not null),
  add check ((client_certificate is null) = (client_key is null)),
  add check ((client_certificate is null) = (client_certificate_expires_at is null)),
  add check ((client_key is null) = (client_key_key_id is null)),
  add check ((ca_certificate is null) = (ca_certificate_expires_at is null));

-- Who expires first.
create index credential_expiry on sincewire.credential (least(client_certificate_expires_at, ca_certificate_expires_at))
  where client_certificate_expires_at is not null or ca_certificate_expires_at is not null;

-- When the log last warned of a credential's certificates: once a day, however many processes there are.
create table sincewire.certificate_warning (
  credential_name text primary key references sincewire.credential on delete cascade,
  warned_at       timestamptz not null
);

alter table sincewire.listener
  add column headers                     bytea,   -- sealed JSON: {"x-tenant": "…"}
  add column headers_key_id              text,
  add column header_names                text[] not null default '{}',
  -- signing_secret (whsec_…, sealed under signing_key_id) signs v1. One that was replaced signs too, for a while.
  add column previous_secret             bytea,
  add column previous_secret_key_id      text,
  add column previous_secret_until       timestamptz,
  -- whsk_… signs v1a (ed25519); whpk_… is what receivers verify with.
  add column private_key                 bytea,
  add column private_key_key_id          text,
  add column public_key                  text,
  add column previous_private_key        bytea,
  add column previous_private_key_key_id text,
  add column previous_private_key_until  timestamptz,
  add check ((headers is null) = (headers_key_id is null)),
  add check ((private_key is null) = (private_key_key_id is null)),
  add check ((private_key is null) = (public_key is null)),
  add check ((previous_secret is null) = (previous_secret_key_id is null)),
  add check ((previous_secret is null) = (previous_secret_until is null)),
  add check ((previous_private_key is null) = (previous_private_key_key_id is null)),
  add check ((previous_private_key is null) = (previous_private_key_until is null));
