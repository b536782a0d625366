-- What is expected by when: an acknowledgement of a document of ours, or an answer to a document of theirs or ours.

create table expectations (
    tenant uuid not null,
    id uuid primary key,
    kind text not null check (kind in ('acknowledgement', 'answer')),
    -- Who owes it.
    owes text not null check (owes in ('partner', 'us')),
    partner uuid not null,
    -- The message that it goes back to; of answers its number and the kind of set that is wanted, too.
    message uuid not null,
    number text,
    wants text,
    -- Of acknowledgements: the document that went out.
    delivery uuid,
    within_us bigint not null,
    warn_us bigint not null,
    state text not null check (state in ('waiting', 'warned', 'overdue', 'met', 'late', 'dropped')),
    -- Null until it went out.
    since bigint,
    due_at bigint,
    -- When the sweeper has something to say; null if never.
    look_at bigint,
    -- The message that came, or the delivery that went.
    met_by uuid,
    met_at bigint,
    created_at bigint not null
);
create index expectations_look on expectations (look_at) where look_at is not null;
create index expectations_open on expectations (tenant, state, due_at) where state in ('waiting', 'warned', 'overdue');
create index expectations_delivery on expectations (delivery) where delivery is not null;
create index expectations_number on expectations (tenant, partner, number) where number is not null;
