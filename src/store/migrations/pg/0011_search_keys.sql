-- Business values that documents are found by, as agreements want them.

create table search_keys (
    tenant uuid not null,
    message uuid not null,
    document uuid not null,
    name text not null,
    value text not null,
    primary key (message, name, value)
);
create index search_keys_value on search_keys (tenant, value);
create index search_keys_document on search_keys (tenant, document);
