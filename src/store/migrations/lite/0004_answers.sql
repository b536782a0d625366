-- What of ours went out under which numbers, what was said of it, and what is expected by when.

-- One set of ours. Of an interchange with one set its id is the delivery's.
create table outbound_sets (
    tenant blob not null,
    id blob primary key,
    delivery blob not null,
    partner blob not null,
    standard text not null,
    kind text not null,
    interchange_no integer not null,
    group_no integer not null,
    set_no integer not null,
    set_control text not null,
    -- The message whose answer it is.
    message blob,
    created_at integer not null,
    -- The message that says its interchange arrived.
    received_by blob,
    verdict text check (verdict in ('accepted', 'accepted_with_errors', 'rejected')),
    -- The message that says so, when, and what it found.
    verdict_by blob,
    verdict_at integer,
    said text
);
create index outbound_sets_delivery on outbound_sets (delivery);
create index outbound_sets_interchange on outbound_sets (tenant, partner, interchange_no);
create index outbound_sets_group on outbound_sets (tenant, partner, group_no);

-- How the receiver took an outbound document, as far as it has said so; and what it said, as acknowledgement/1.
alter table deliveries add column acknowledged text
    check (acknowledged in ('waiting', 'overdue', 'received', 'accepted', 'accepted_with_errors', 'partly_accepted', 'rejected'));
alter table deliveries add column answer text;
create index deliveries_acknowledged on deliveries (tenant, acknowledged, created_at desc) where acknowledged in ('waiting', 'overdue', 'partly_accepted', 'rejected');
