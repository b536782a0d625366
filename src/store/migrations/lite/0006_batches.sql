-- Documents that wait for others, to go out with them in one interchange.

create table batched_sets (
    tenant blob not null,
    -- The delivery that waits.
    id blob primary key,
    partner blob not null,
    -- Like goes with like: of one batch are sets of one kind, envelope and target.
    batch text not null,
    target text not null,
    kind text not null,
    draft text not null,
    message blob,
    due_at integer not null,
    created_at integer not null
);
create index batched_sets_batch on batched_sets (tenant, batch, created_at, id);
-- The delivery whose interchange carries this one.
alter table deliveries add column carried_by blob;
create index deliveries_carried on deliveries (carried_by) where carried_by is not null;
