-- What is expected by when: an acknowledgement of a document of ours, or an answer to a document of theirs or ours.

create table expectations (
    tenant blob not null,
    id blob primary key,
    kind text not null check (kind in ('acknowledgement', 'answer')),
    -- Who owes it.
    owes text not null check (owes in ('partner', 'us')),
    partner blob not null,
    -- The message that it goes back to; of answers its number and the kind of set that is wanted, too.
    message blob not null,
    number text,
    wants text,
    -- Of acknowledgements: the document that went out.
    delivery blob,
    within_us integer not null,
    warn_us integer not null,
    state text not null check (state in ('waiting', 'warned', 'overdue', 'met', 'late', 'dropped')),
    -- Null until it went out.
    since integer,
    due_at integer,
    -- When the sweeper has something to say; null if never.
    look_at integer,
    -- The message that came, or the delivery that went.
    met_by blob,
    met_at integer,
    created_at integer not null
);
create index expectations_look on expectations (look_at) where look_at is not null;
create index expectations_open on expectations (tenant, state, due_at) where state in ('waiting', 'warned', 'overdue');
create index expectations_delivery on expectations (delivery) where delivery is not null;
create index expectations_number on expectations (tenant, partner, number) where number is not null;
