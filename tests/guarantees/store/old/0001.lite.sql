-- A store as migration 0001 made it. Made by make.py beside this file; see there before changing a letter.
-- What is kept, in five kinds; docs/ARCHITECTURE.md says why. Instants are microseconds since 1970 (UTC),
-- quantities 10^-4 of their unit. Row-level security is set up by security.sql for every table with a tenant.

create table tenants (
    tenant blob primary key,
    name text not null unique,
    currency text not null
);
create table connections (
    tenant blob not null,
    id blob primary key,
    name text not null,
    transport text not null,
    partner blob,
    next_sequence integer not null default 0,
    lease_owner blob,
    lease_epoch integer not null default 0,
    lease_until integer not null default 0,
    poll_owner blob,
    poll_until integer not null default 0,
    failing text
);
create table subscriptions (
    tenant blob not null,
    id blob primary key,
    kind text not null check (kind in ('endpoint', 'answer')),
    name text not null,
    partner blob,
    events text not null,
    target text not null,
    from_at integer not null,
    until_at integer
);
create table api_keys (
    tenant blob not null,
    id blob primary key,
    name text not null,
    hash text not null unique,
    scopes text not null,
    created_at integer not null,
    revoked_at integer
);

-- what arrived
create table blobs (
    tenant blob not null,
    sha256 text not null,
    size integer not null,
    chunks integer not null,
    sealed_at integer,
    created_at integer not null,
    primary key (tenant, sha256)
);
create table blob_chunks (
    tenant blob not null,
    sha256 text not null,
    n integer not null,
    bytes blob not null,
    primary key (tenant, sha256, n)
);
create table documents (
    tenant blob not null,
    id blob primary key,
    connection blob not null,
    sequence integer not null,
    name text not null,
    transport_id text,
    modified_at integer,
    sha256 text not null,
    size integer not null,
    received_at integer not null,
    state text not null check (state in ('received', 'translated', 'retrying', 'dead', 'unassigned', 'rejected', 'duplicate')),
    cause text,
    duplicate_of blob,
    partner blob,
    standard text,
    identity text,
    sets integer,
    sets_done integer not null default 0,
    tries integer not null default 0,
    due integer,
    first_failed_at integer,
    deadline integer not null,
    wait_us integer not null,
    swept_at integer,
    ended_at integer
);
create unique index documents_transport_id on documents (connection, transport_id) where transport_id is not null;
create unique index documents_file on documents (connection, name, modified_at, sha256) where modified_at is not null;
create index documents_by_hash on documents (tenant, sha256, received_at);
create index documents_by_time on documents (tenant, received_at desc, id);
create index documents_work on documents (connection, sequence) where state in ('received', 'retrying');
create index documents_unfinished on documents (deadline) where state in ('received', 'retrying');
create table document_steps (
    id integer primary key autoincrement,
    tenant blob not null,
    at integer not null,
    document blob,
    message blob,
    event blob,
    delivery blob,
    stage text not null,
    state text not null,
    worker text not null,
    cause text
);
create index document_steps_document on document_steps (document) where document is not null;
create index document_steps_message on document_steps (message) where message is not null;
create index document_steps_delivery on document_steps (delivery) where delivery is not null;
create table interchanges (
    tenant blob not null,
    document blob not null,
    ordinal integer not null,
    partner blob,
    standard text not null,
    sender text not null,
    receiver text not null,
    control text not null,
    version text not null,
    test integer not null,
    ends text,
    cause text,
    primary key (document, ordinal)
);
create table interchange_numbers (
    tenant blob not null,
    agreement text not null,
    control text not null,
    document blob not null,
    ordinal integer not null,
    at integer not null,
    content text,
    primary key (tenant, agreement, control)
);

-- what it meant
create table messages (
    tenant blob not null,
    id blob primary key,
    document blob not null,
    run integer not null,
    set_no integer not null,
    split integer not null,
    interchange integer,
    group_no integer,
    standard text not null,
    set_kind text not null,
    set_version text not null,
    set_control text not null,
    set_byte integer not null,
    set_len integer not null,
    mapping text,
    kind text,
    partner blob,
    number text,
    place integer,
    state text not null check (state in ('pending', 'applied', 'waiting', 'held', 'retrying', 'rejected', 'dead', 'cancelled', 'replaced')),
    released integer not null default 0,
    body text,
    provenance text,
    faults text,
    cause text,
    hold_scheme text,
    hold_value text,
    fingerprint text,
    replaced_by blob,
    tries integer not null default 0,
    due integer,
    first_failed_at integer,
    created_at integer not null,
    ended_at integer,
    deadline integer not null,
    wait_us integer not null,
    swept_at integer
);
create index messages_document on messages (document, run, set_no, split);
create index messages_order on messages (tenant, partner, kind, number, place) where number is not null and state in ('pending', 'waiting', 'held', 'retrying', 'dead');
create index messages_number on messages (tenant, number, created_at);
create index messages_by_state on messages (tenant, state, created_at desc);
create index messages_hold on messages (tenant, hold_scheme, hold_value) where state = 'held';
create index messages_unfinished on messages (deadline) where state in ('pending', 'retrying');
create index messages_waiting on messages (tenant) where state = 'waiting';
create table keys (
    tenant blob not null,
    partner blob not null,
    kind text not null,
    number text not null,
    next_place integer not null default 0,
    primary key (tenant, partner, kind, number)
);

-- what is true
create table entities (
    tenant blob not null,
    kind text not null,
    id blob not null,
    version integer not null,
    body text not null,
    primary key (tenant, kind, id)
);
create table refs (
    tenant blob not null,
    kind text not null,
    scheme text not null,
    value text not null,
    id blob not null,
    primary key (tenant, kind, scheme, value)
);
create table cross_references (
    tenant blob not null,
    scheme text not null,
    value text not null,
    target text not null,
    primary key (tenant, scheme, value)
);
create table timers (
    tenant blob not null,
    id blob not null,
    kind text not null,
    due_at integer not null,
    body text,
    primary key (kind, id)
);
create index timers_due on timers (due_at);

-- what the database must guard
create table stock (
    tenant blob not null,
    item blob not null,
    on_hand integer not null,
    reserved integer not null default 0,
    primary key (tenant, item),
    constraint stock_never_oversold check (reserved >= 0 and reserved <= on_hand)
);
create table control_numbers (
    tenant blob not null,
    scope text not null,
    next integer not null,
    primary key (tenant, scope)
);

-- what must go out
create table events (
    tenant blob not null,
    id blob primary key,
    position integer unique,
    message blob not null,
    ordinal integer not null,
    kind text not null,
    key text not null,
    at integer not null,
    schema text not null,
    repeats blob,
    data text not null
);
create index events_message on events (message, ordinal);
create index events_unplaced on events (at) where position is null;
create index events_key on events (tenant, key, at);
create table event_feed (one integer primary key check (one = 1), next integer not null);
insert into event_feed values (1, 1);
create table deliveries (
    tenant blob not null,
    id blob primary key,
    event blob,
    document blob,
    message blob,
    subscription blob,
    -- Of outbound documents: whose control numbers they bear.
    partner blob,
    kind text not null check (kind in ('webhook', 'document', 'acknowledgement')),
    target text not null,
    state text not null check (state in ('pending', 'delivered', 'retrying', 'dead', 'cancelled')),
    name text,
    content blob,
    control text,
    sequence integer,
    cause text,
    fingerprint text,
    tries integer not null default 0,
    replays integer not null default 0,
    due integer,
    first_failed_at integer,
    created_at integer not null,
    ended_at integer,
    deadline integer not null,
    wait_us integer not null,
    swept_at integer
);
create index deliveries_event on deliveries (event) where event is not null;
create index deliveries_document on deliveries (document) where document is not null;
create index deliveries_by_state on deliveries (tenant, state, created_at desc);
create index deliveries_unfinished on deliveries (deadline) where state in ('pending', 'retrying');
create table sequences (
    tenant blob not null,
    subscription blob not null,
    key text not null,
    next integer not null,
    primary key (tenant, subscription, key)
);
create table dead_letters (
    tenant blob not null,
    id blob primary key,
    thing text not null check (thing in ('document', 'message', 'delivery')),
    thing_id blob not null,
    stage text not null,
    code text not null,
    fingerprint text not null,
    reason text not null,
    history text not null,
    tries integer not null,
    died_at integer not null,
    ended_at integer,
    ended_how text
);
create index dead_letters_open on dead_letters (tenant, died_at desc) where ended_at is null;
create index dead_letters_thing on dead_letters (thing_id);
create table outbox (
    id integer primary key autoincrement,
    tenant blob not null,
    stage text not null,
    delay text,
    due integer not null,
    claim text not null,
    written_at integer not null
);
create index outbox_due on outbox (stage, due, id);

create table _sqlx_migrations (
    version bigint primary key, description text not null, installed_on timestamp not null default current_timestamp,
    success boolean not null, checksum blob not null, execution_time bigint not null);
insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (1, 'spine', 1, x'e7b6a21f7108d0614fb8a07827279202e953d7ffce462b0460ba94d80fb3a9ba85431d2b92e7a01ca0966d928b5fed93', 1);

insert into tenants (tenant, name, currency) values (x'c105baba79e955709fad69268cccf809', 'acme', 'USD');
insert into connections (tenant, id, name, transport, partner, next_sequence) values (x'c105baba79e955709fad69268cccf809', x'020154fbb1e9560286f93600a3237899', 'north-edi', 'http', x'ea420dbc59b9509dacb895b294a5e80b', 1);
insert into blobs (tenant, sha256, size, chunks, sealed_at, created_at) values (x'c105baba79e955709fad69268cccf809', 'e4ab3f7f569123791b4cc63ab92aaaaf1d49fc68a7cca3d4e3239321dcc3d6dc', 15, 1, 1000000, 1000000);
insert into blob_chunks (tenant, sha256, n, bytes) values (x'c105baba79e955709fad69268cccf809', 'e4ab3f7f569123791b4cc63ab92aaaaf1d49fc68a7cca3d4e3239321dcc3d6dc', 0, x'28b52ffd200f790000616e206f6c6420646f63756d656e74');
insert into documents (tenant, id, connection, sequence, name, sha256, size, received_at, state, partner, standard, sets, sets_done, deadline, wait_us, ended_at)
    values (x'c105baba79e955709fad69268cccf809', x'00000000000000000000000000000001', x'020154fbb1e9560286f93600a3237899', 1, 'old.edi', 'e4ab3f7f569123791b4cc63ab92aaaaf1d49fc68a7cca3d4e3239321dcc3d6dc', 15, 1000000, 'translated', x'ea420dbc59b9509dacb895b294a5e80b', 'x12', 1, 1, 9000000000, 60000000, 1000000);
insert into document_steps (tenant, at, document, stage, state, worker) values (x'c105baba79e955709fad69268cccf809', 1000000, x'00000000000000000000000000000001', 'intake', 'received', 'old');
insert into messages (tenant, id, document, run, set_no, split, standard, set_kind, set_version, set_control, set_byte, set_len, kind, partner, number, place, state, released, body, created_at, ended_at, deadline, wait_us)
    values (x'c105baba79e955709fad69268cccf809', x'00000000000000000000000000000002', x'00000000000000000000000000000001', 0, 0, 0, 'x12', '850', '004010', '0001', 0, 15, 'order/1', x'ea420dbc59b9509dacb895b294a5e80b', 'PO-OLD', 0, 'applied', 1, '{"number": "PO-OLD"}', 1000000, 1000000, 9000000000, 60000000);
insert into keys (tenant, partner, kind, number, next_place) values (x'c105baba79e955709fad69268cccf809', x'ea420dbc59b9509dacb895b294a5e80b', 'order/1', 'PO-OLD', 1);
insert into events (tenant, id, position, message, ordinal, kind, key, at, schema, data)
    values (x'c105baba79e955709fad69268cccf809', x'00000000000000000000000000000003', 1, x'00000000000000000000000000000002', 0, 'order.confirmed', 'order/northwind/PO-OLD', 1000000, 'order_response/1', '{"order_number": "PO-OLD"}');
update event_feed set next = 2;
insert into control_numbers (tenant, scope, next) values (x'c105baba79e955709fad69268cccf809', 'northwind/isa', 8), (x'c105baba79e955709fad69268cccf809', 'northwind/gs', 8);
insert into deliveries (tenant, id, event, document, message, partner, kind, target, state, name, content, control, created_at, ended_at, deadline, wait_us)
    values (x'c105baba79e955709fad69268cccf809', x'00000000000000000000000000000004', x'00000000000000000000000000000003', x'00000000000000000000000000000001', x'00000000000000000000000000000002', x'ea420dbc59b9509dacb895b294a5e80b', 'document', 'north-drop', 'delivered', '855-000000007.edi', x'495341', '000000007', 1000000, 1000000, 9000000000, 60000000);
