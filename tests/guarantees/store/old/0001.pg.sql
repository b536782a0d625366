-- A store as migration 0001 made it. Made by make.py beside this file; see there before changing a letter.
-- What is kept, in five kinds; docs/ARCHITECTURE.md says why. Instants are microseconds since 1970 (UTC),
-- quantities 10^-4 of their unit. Row-level security is set up by security.sql for every table with a tenant.

create table tenants (
    tenant uuid primary key,
    name text not null unique,
    currency text not null
);
create table connections (
    tenant uuid not null,
    id uuid primary key,
    name text not null,
    transport text not null,
    partner uuid,
    next_sequence bigint not null default 0,
    lease_owner uuid,
    lease_epoch bigint not null default 0,
    lease_until bigint not null default 0,
    poll_owner uuid,
    poll_until bigint not null default 0,
    failing text
);
create table subscriptions (
    tenant uuid not null,
    id uuid primary key,
    kind text not null check (kind in ('endpoint', 'answer')),
    name text not null,
    partner uuid,
    events jsonb not null,
    target text not null,
    from_at bigint not null,
    until_at bigint
);
create table api_keys (
    tenant uuid not null,
    id uuid primary key,
    name text not null,
    hash text not null unique,
    scopes text not null,
    created_at bigint not null,
    revoked_at bigint
);

-- what arrived
create table blobs (
    tenant uuid not null,
    sha256 text not null,
    size bigint not null,
    chunks bigint not null,
    sealed_at bigint,
    created_at bigint not null,
    primary key (tenant, sha256)
);
create table blob_chunks (
    tenant uuid not null,
    sha256 text not null,
    n bigint not null,
    bytes bytea not null,
    primary key (tenant, sha256, n)
);
create table documents (
    tenant uuid not null,
    id uuid primary key,
    connection uuid not null,
    sequence bigint not null,
    name text not null,
    transport_id text,
    modified_at bigint,
    sha256 text not null,
    size bigint not null,
    received_at bigint not null,
    state text not null check (state in ('received', 'translated', 'retrying', 'dead', 'unassigned', 'rejected', 'duplicate')),
    cause jsonb,
    duplicate_of uuid,
    partner uuid,
    standard text,
    identity text,
    sets bigint,
    sets_done bigint not null default 0,
    tries bigint not null default 0,
    due bigint,
    first_failed_at bigint,
    deadline bigint not null,
    wait_us bigint not null,
    swept_at bigint,
    ended_at bigint
);
create unique index documents_transport_id on documents (connection, transport_id) where transport_id is not null;
create unique index documents_file on documents (connection, name, modified_at, sha256) where modified_at is not null;
create index documents_by_hash on documents (tenant, sha256, received_at);
create index documents_by_time on documents (tenant, received_at desc, id);
create index documents_work on documents (connection, sequence) where state in ('received', 'retrying');
create index documents_unfinished on documents (deadline) where state in ('received', 'retrying');
create table document_steps (
    id bigint generated always as identity primary key,
    tenant uuid not null,
    at bigint not null,
    document uuid,
    message uuid,
    event uuid,
    delivery uuid,
    stage text not null,
    state text not null,
    worker text not null,
    cause jsonb
);
create index document_steps_document on document_steps (document) where document is not null;
create index document_steps_message on document_steps (message) where message is not null;
create index document_steps_delivery on document_steps (delivery) where delivery is not null;
create table interchanges (
    tenant uuid not null,
    document uuid not null,
    ordinal bigint not null,
    partner uuid,
    standard text not null,
    sender text not null,
    receiver text not null,
    control text not null,
    version text not null,
    test bigint not null,
    ends text,
    cause jsonb,
    primary key (document, ordinal)
);
create table interchange_numbers (
    tenant uuid not null,
    agreement text not null,
    control text not null,
    document uuid not null,
    ordinal bigint not null,
    at bigint not null,
    content text,
    primary key (tenant, agreement, control)
);

-- what it meant
create table messages (
    tenant uuid not null,
    id uuid primary key,
    document uuid not null,
    run bigint not null,
    set_no bigint not null,
    split bigint not null,
    interchange bigint,
    group_no bigint,
    standard text not null,
    set_kind text not null,
    set_version text not null,
    set_control text not null,
    set_byte bigint not null,
    set_len bigint not null,
    mapping text,
    kind text,
    partner uuid,
    number text,
    place bigint,
    state text not null check (state in ('pending', 'applied', 'waiting', 'held', 'retrying', 'rejected', 'dead', 'cancelled', 'replaced')),
    released bigint not null default 0,
    body jsonb,
    provenance jsonb,
    faults jsonb,
    cause jsonb,
    hold_scheme text,
    hold_value text,
    fingerprint text,
    replaced_by uuid,
    tries bigint not null default 0,
    due bigint,
    first_failed_at bigint,
    created_at bigint not null,
    ended_at bigint,
    deadline bigint not null,
    wait_us bigint not null,
    swept_at bigint
);
create index messages_document on messages (document, run, set_no, split);
create index messages_order on messages (tenant, partner, kind, number, place) where number is not null and state in ('pending', 'waiting', 'held', 'retrying', 'dead');
create index messages_number on messages (tenant, number, created_at);
create index messages_by_state on messages (tenant, state, created_at desc);
create index messages_hold on messages (tenant, hold_scheme, hold_value) where state = 'held';
create index messages_unfinished on messages (deadline) where state in ('pending', 'retrying');
create index messages_waiting on messages (tenant) where state = 'waiting';
create table keys (
    tenant uuid not null,
    partner uuid not null,
    kind text not null,
    number text not null,
    next_place bigint not null default 0,
    primary key (tenant, partner, kind, number)
);

-- what is true
create table entities (
    tenant uuid not null,
    kind text not null,
    id uuid not null,
    version bigint not null,
    body jsonb not null,
    primary key (tenant, kind, id)
);
create table refs (
    tenant uuid not null,
    kind text not null,
    scheme text not null,
    value text not null,
    id uuid not null,
    primary key (tenant, kind, scheme, value)
);
create table cross_references (
    tenant uuid not null,
    scheme text not null,
    value text not null,
    target text not null,
    primary key (tenant, scheme, value)
);
create table timers (
    tenant uuid not null,
    id uuid not null,
    kind text not null,
    due_at bigint not null,
    body jsonb,
    primary key (kind, id)
);
create index timers_due on timers (due_at);

-- what the database must guard
create table stock (
    tenant uuid not null,
    item uuid not null,
    on_hand bigint not null,
    reserved bigint not null default 0,
    primary key (tenant, item),
    constraint stock_never_oversold check (reserved >= 0 and reserved <= on_hand)
);
create table control_numbers (
    tenant uuid not null,
    scope text not null,
    next bigint not null,
    primary key (tenant, scope)
);

-- what must go out
create table events (
    tenant uuid not null,
    id uuid primary key,
    position bigint unique,
    message uuid not null,
    ordinal bigint not null,
    kind text not null,
    key text not null,
    at bigint not null,
    schema text not null,
    repeats uuid,
    data jsonb not null
);
create index events_message on events (message, ordinal);
create index events_unplaced on events (at) where position is null;
create index events_key on events (tenant, key, at);
create table event_feed (one bigint primary key check (one = 1), next bigint not null);
insert into event_feed values (1, 1);
create table deliveries (
    tenant uuid not null,
    id uuid primary key,
    event uuid,
    document uuid,
    message uuid,
    subscription uuid,
    -- Of outbound documents: whose control numbers they bear.
    partner uuid,
    kind text not null check (kind in ('webhook', 'document', 'acknowledgement')),
    target text not null,
    state text not null check (state in ('pending', 'delivered', 'retrying', 'dead', 'cancelled')),
    name text,
    content bytea,
    control text,
    sequence bigint,
    cause jsonb,
    fingerprint text,
    tries bigint not null default 0,
    replays bigint not null default 0,
    due bigint,
    first_failed_at bigint,
    created_at bigint not null,
    ended_at bigint,
    deadline bigint not null,
    wait_us bigint not null,
    swept_at bigint
);
create index deliveries_event on deliveries (event) where event is not null;
create index deliveries_document on deliveries (document) where document is not null;
create index deliveries_by_state on deliveries (tenant, state, created_at desc);
create index deliveries_unfinished on deliveries (deadline) where state in ('pending', 'retrying');
create table sequences (
    tenant uuid not null,
    subscription uuid not null,
    key text not null,
    next bigint not null,
    primary key (tenant, subscription, key)
);
create table dead_letters (
    tenant uuid not null,
    id uuid primary key,
    thing text not null check (thing in ('document', 'message', 'delivery')),
    thing_id uuid not null,
    stage text not null,
    code text not null,
    fingerprint text not null,
    reason jsonb not null,
    history jsonb not null,
    tries bigint not null,
    died_at bigint not null,
    ended_at bigint,
    ended_how text
);
create index dead_letters_open on dead_letters (tenant, died_at desc) where ended_at is null;
create index dead_letters_thing on dead_letters (thing_id);
create table outbox (
    id bigint generated always as identity primary key,
    tenant uuid not null,
    stage text not null,
    delay text,
    due bigint not null,
    claim jsonb not null,
    written_at bigint not null
) with (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

create table _sqlx_migrations (
    version bigint primary key, description text not null, installed_on timestamptz not null default current_timestamp,
    success boolean not null, checksum bytea not null, execution_time bigint not null);
insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (1, 'spine', true, '\xef85bb43a8badd6794f7ec71edbb557aa370a5478c94a5b9215818feb2452c45376c4fdc847c7e63f09fc382f5345a4d', 1);
-- The two roles of the hub. They log in nowhere: the owner's connections take them by SET ROLE.
do $$
begin
    if not exists (select from pg_roles where rolname = 'crossdock_tenant') then
        create role crossdock_tenant nologin nosuperuser nobypassrls noinherit;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
    if not exists (select from pg_roles where rolname = 'crossdock_system') then
        create role crossdock_system nologin nosuperuser nobypassrls noinherit;
    end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$
begin
    if not pg_has_role(current_user, 'crossdock_tenant', 'member') or not pg_has_role(current_user, 'crossdock_system', 'member') then
        execute format('grant crossdock_tenant, crossdock_system to %I', current_user);
    end if;
    if current_setting('server_version_num')::int >= 160000 then
        execute format('grant crossdock_tenant, crossdock_system to %I with set true', current_user);
    end if;
end $$;
-- Run after each migration, by the owner: who may see and do what.
do $$
declare t record;
begin
    execute format('grant usage on schema %I to crossdock_tenant, crossdock_system', current_schema());
    for t in select c.table_name as name from information_schema.columns c
             join information_schema.tables b on b.table_schema = c.table_schema and b.table_name = c.table_name and b.table_type = 'BASE TABLE'
             where c.table_schema = current_schema() and c.column_name = 'tenant'
    loop
        execute format('alter table %I enable row level security', t.name);
        execute format('alter table %I force row level security', t.name);
        execute format('drop policy if exists of_the_tenant on %I', t.name);
        execute format('create policy of_the_tenant on %I to crossdock_tenant using (tenant = nullif(current_setting(''app.tenant'', true), '''')::uuid) with check (tenant = nullif(current_setting(''app.tenant'', true), '''')::uuid)', t.name);
        execute format('drop policy if exists of_the_owner on %I', t.name);
        execute format('create policy of_the_owner on %I to %I using (true)', t.name, current_user);
        execute format('drop policy if exists of_the_system on %I', t.name);
        execute format('create policy of_the_system on %I to crossdock_system using (true) with check (true)', t.name);
        execute format('revoke all on %I from crossdock_tenant, crossdock_system', t.name);
        -- What is history is added to and never changed.
        if t.name in ('events', 'document_steps') then
            execute format('grant select, insert on %I to crossdock_tenant', t.name);
        else
            execute format('grant select, insert, update, delete on %I to crossdock_tenant', t.name);
        end if;
    end loop;
end $$;
revoke all on event_feed from crossdock_tenant, crossdock_system;
grant select, update on event_feed to crossdock_system;
grant select on tenants, api_keys to crossdock_system;
grant select (tenant, id, name, transport, partner, next_sequence, lease_owner, lease_epoch, lease_until, poll_owner, poll_until, failing) on connections to crossdock_system;
grant select (tenant, id, kind, name, partner, events, from_at, until_at) on subscriptions to crossdock_system;
grant select (tenant, sha256, size, chunks, sealed_at, created_at), delete on blobs to crossdock_system;
grant select (tenant, sha256, n), delete on blob_chunks to crossdock_system;
grant select (tenant, id, connection, sequence, sha256, size, received_at, state, duplicate_of, partner, sets, sets_done, tries, due, deadline, wait_us, swept_at, ended_at), update (deadline, wait_us, swept_at) on documents to crossdock_system;
grant select (tenant, document, ordinal, partner, ends) on interchanges to crossdock_system;
grant select (tenant, id, document, run, set_no, split, kind, partner, number, place, state, released, tries, due, created_at, ended_at, deadline, wait_us, swept_at, replaced_by, hold_scheme, hold_value), update (deadline, wait_us, swept_at) on messages to crossdock_system;
grant select (tenant, id, position, message, ordinal, kind, at), update (position) on events to crossdock_system;
grant select (tenant, id, event, document, message, subscription, partner, kind, target, state, control, sequence, tries, due, created_at, ended_at, deadline, wait_us, swept_at), update (deadline, wait_us, swept_at) on deliveries to crossdock_system;
grant select (tenant, scope, next) on control_numbers to crossdock_system;
grant select, insert, delete on timers to crossdock_system;
grant select, insert, delete on outbox to crossdock_system;
grant select (tenant, id, thing, thing_id, stage, code, fingerprint, died_at, ended_at) on dead_letters to crossdock_system;

insert into tenants (tenant, name, currency) values ('c105baba-79e9-5570-9fad-69268cccf809', 'acme', 'USD');
insert into connections (tenant, id, name, transport, partner, next_sequence) values ('c105baba-79e9-5570-9fad-69268cccf809', '020154fb-b1e9-5602-86f9-3600a3237899', 'north-edi', 'http', 'ea420dbc-59b9-509d-acb8-95b294a5e80b', 1);
insert into blobs (tenant, sha256, size, chunks, sealed_at, created_at) values ('c105baba-79e9-5570-9fad-69268cccf809', 'e4ab3f7f569123791b4cc63ab92aaaaf1d49fc68a7cca3d4e3239321dcc3d6dc', 15, 1, 1000000, 1000000);
insert into blob_chunks (tenant, sha256, n, bytes) values ('c105baba-79e9-5570-9fad-69268cccf809', 'e4ab3f7f569123791b4cc63ab92aaaaf1d49fc68a7cca3d4e3239321dcc3d6dc', 0, '\x28b52ffd200f790000616e206f6c6420646f63756d656e74');
insert into documents (tenant, id, connection, sequence, name, sha256, size, received_at, state, partner, standard, sets, sets_done, deadline, wait_us, ended_at)
    values ('c105baba-79e9-5570-9fad-69268cccf809', '00000000-0000-0000-0000-000000000001', '020154fb-b1e9-5602-86f9-3600a3237899', 1, 'old.edi', 'e4ab3f7f569123791b4cc63ab92aaaaf1d49fc68a7cca3d4e3239321dcc3d6dc', 15, 1000000, 'translated', 'ea420dbc-59b9-509d-acb8-95b294a5e80b', 'x12', 1, 1, 9000000000, 60000000, 1000000);
insert into document_steps (tenant, at, document, stage, state, worker) values ('c105baba-79e9-5570-9fad-69268cccf809', 1000000, '00000000-0000-0000-0000-000000000001', 'intake', 'received', 'old');
insert into messages (tenant, id, document, run, set_no, split, standard, set_kind, set_version, set_control, set_byte, set_len, kind, partner, number, place, state, released, body, created_at, ended_at, deadline, wait_us)
    values ('c105baba-79e9-5570-9fad-69268cccf809', '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', 0, 0, 0, 'x12', '850', '004010', '0001', 0, 15, 'order/1', 'ea420dbc-59b9-509d-acb8-95b294a5e80b', 'PO-OLD', 0, 'applied', 1, '{"number": "PO-OLD"}', 1000000, 1000000, 9000000000, 60000000);
insert into keys (tenant, partner, kind, number, next_place) values ('c105baba-79e9-5570-9fad-69268cccf809', 'ea420dbc-59b9-509d-acb8-95b294a5e80b', 'order/1', 'PO-OLD', 1);
insert into events (tenant, id, position, message, ordinal, kind, key, at, schema, data)
    values ('c105baba-79e9-5570-9fad-69268cccf809', '00000000-0000-0000-0000-000000000003', 1, '00000000-0000-0000-0000-000000000002', 0, 'order.confirmed', 'order/northwind/PO-OLD', 1000000, 'order_response/1', '{"order_number": "PO-OLD"}');
update event_feed set next = 2;
insert into control_numbers (tenant, scope, next) values ('c105baba-79e9-5570-9fad-69268cccf809', 'northwind/isa', 8), ('c105baba-79e9-5570-9fad-69268cccf809', 'northwind/gs', 8);
insert into deliveries (tenant, id, event, document, message, partner, kind, target, state, name, content, control, created_at, ended_at, deadline, wait_us)
    values ('c105baba-79e9-5570-9fad-69268cccf809', '00000000-0000-0000-0000-000000000004', '00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', 'ea420dbc-59b9-509d-acb8-95b294a5e80b', 'document', 'north-drop', 'delivered', '855-000000007.edi', '\x495341', '000000007', 1000000, 1000000, 9000000000, 60000000);
