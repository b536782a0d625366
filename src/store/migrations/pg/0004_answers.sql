-- What of ours went out under which numbers, what was said of it, and what is expected by when.

-- One set of ours. Of an interchange with one set its id is the delivery's.
create table outbound_sets (
    tenant uuid not null,
    id uuid primary key,
    delivery uuid not null,
    partner uuid not null,
    standard text not null,
    kind text not null,
    interchange_no bigint not null,
    group_no bigint not null,
    set_no bigint not null,
    set_control text not null,
    -- The message whose answer it is.
    message uuid,
    created_at bigint not null,
    -- The message that says its interchange arrived.
    received_by uuid,
    verdict text check (verdict in ('accepted', 'accepted_with_errors', 'rejected')),
    -- The message that says so, when, and what it found.
    verdict_by uuid,
    verdict_at bigint,
    said jsonb
);
create index outbound_sets_delivery on outbound_sets (delivery);
create index outbound_sets_interchange on outbound_sets (tenant, partner, interchange_no);
create index outbound_sets_group on outbound_sets (tenant, partner, group_no);

-- How the receiver took an outbound document, as far as it has said so; and what it said, as acknowledgement/1.
alter table deliveries add column acknowledged text
    check (acknowledged in ('waiting', 'overdue', 'received', 'accepted', 'accepted_with_errors', 'partly_accepted', 'rejected'));
alter table deliveries add column answer jsonb;
create index deliveries_acknowledged on deliveries (tenant, acknowledged, created_at desc) where acknowledged in ('waiting', 'overdue', 'partly_accepted', 'rejected');
