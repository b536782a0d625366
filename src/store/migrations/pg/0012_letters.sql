-- Letters to partners about what of their documents was refused.

alter table deliveries drop constraint deliveries_kind_check;
alter table deliveries add constraint deliveries_kind_check
    check (kind in ('webhook', 'document', 'acknowledgement', 'letter'));

-- Documents that a letter is owed about; they go once it stands among the deliveries.
create table letters_owed (
    tenant uuid not null,
    document uuid primary key,
    since bigint not null
);
create index letters_owed_since on letters_owed (tenant, since);
-- When a partner's contacts were last written to.
create table letters_written (
    tenant uuid not null,
    partner uuid not null,
    at bigint not null,
    primary key (tenant, partner)
);
