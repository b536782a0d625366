-- What a person looked at and closed: it stays as it ended, and waits for nobody any more. And of which document another is
-- a copy that somebody wanted worked by itself.

create table closed (
    tenant blob not null,
    id blob primary key,
    thing text not null check (thing in ('document', 'message', 'delivery', 'expectation')),
    at integer not null,
    who text not null,
    why text not null
);
create index closed_by_time on closed (tenant, thing, at desc, id);
create index dead_letters_closed on dead_letters (tenant, died_at desc, id) where ended_how = 'closed';
alter table documents add column copy_of blob;
