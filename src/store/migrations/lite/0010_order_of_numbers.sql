-- The order of the control numbers that come in, where one was agreed.

-- Where the numbers of one sender to one receiver stand.
create table interchange_series (
    tenant blob not null,
    agreement text not null,
    -- -1: none came yet.
    last bigint not null,
    primary key (tenant, agreement)
);

-- Where the series stood when the number was taken: whoever reads the interchange again comes to the same end.
alter table interchange_numbers add column follows bigint;
