-- What survives: turns that died before they began, windows that waited.

-- Whether a turn has had the open window: something of it may have been sent. Until then its upper edge may still be
-- moved to a later tick, since under load what changes again and again would have left it before it is read.
alter table sincewire.listener add column window_begun boolean not null default true;
